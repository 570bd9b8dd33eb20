/// What was published on a channel and not confirmed yet, by delivery tag. The broker counts a channel's messages from 1
/// and confirms them in any order, several at once if it likes (RabbitMQ publisher confirms).
struct ConfirmWindow<Element> {
    private var elements: [Element?] = []
    /// The index of the element with tag `firstTag`, the oldest unconfirmed one.
    private var head = 0
    private var firstTag: UInt64 = 1
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Its tag: the number of messages published on this channel, itself included.
    var nextTag: UInt64 { firstTag + UInt64(elements.count - head) }

    /// To be called for every message published on the channel, in order.
    mutating func append(_ element: Element) {
        elements.append(element)
        count += 1
    }

    subscript(tag: UInt64) -> Element? {
        guard tag >= firstTag, tag < nextTag else { return nil }
        return elements[head + Int(tag - firstTag)]
    }

    /// Takes out the message with `tag`, or all up to it; 0 with `multiple` means all. Unknown tags are ignored.
    mutating func take(_ tag: UInt64, multiple: Bool, _ body: (Element) -> Void) {
        let last = multiple && tag == 0 ? nextTag - 1 : tag
        guard last >= firstTag, last < nextTag else { return }
        let index = head + Int(last - firstTag)
        for at in (multiple ? head : index)...index {
            guard let element = elements[at] else { continue }
            elements[at] = nil
            count -= 1
            body(element)
        }
        while head < elements.count, elements[head] == nil {
            head += 1
            firstTag += 1
        }
        if head == elements.count || head > 4096 {
            elements.removeFirst(head)
            head = 0
        }
    }

    var unconfirmed: some Sequence<Element> { elements[head...].lazy.compactMap { $0 } }
}
