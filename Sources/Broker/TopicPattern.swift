/// A binding key of a topic exchange: words separated by dots; `*` stands for exactly one word, `#` for any number of
/// words, none included (AMQP 0-9-1 §3.1.3.3).
struct TopicPattern {
    private let words: [Substring]

    init(_ text: String) { words = Self.split(text) }

    private static func split(_ text: String) -> [Substring] {
        text.isEmpty ? [] : text.split(separator: ".", omittingEmptySubsequences: false)
    }

    /// Linear in pattern and key: on a mismatch only the last `#` takes one word more.
    func matches(_ routingKey: String) -> Bool {
        let key = Self.split(routingKey)
        var at = 0
        var word = 0
        var hash: (word: Int, at: Int)?
        while at < key.count {
            if word < words.count, words[word] == "#" {
                hash = (word, at)
                word += 1
            } else if word < words.count, words[word] == "*" || words[word] == key[at] {
                word += 1
                at += 1
            } else if let last = hash {
                hash = (last.word, last.at + 1)
                word = last.word + 1
                at = last.at + 1
            } else {
                return false
            }
        }
        while word < words.count, words[word] == "#" { word += 1 }
        return word == words.count
    }
}
