import CRabbitMQ

/// Texts and tables for the cold calls of librabbitmq, freed together. Hot paths lend their own memory instead.
final class AMQPArena {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit {
        for block in blocks { block.deallocate() }
    }

    func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { utf8 in
            let block = UnsafeMutableRawPointer.allocate(byteCount: max(1, utf8.count), alignment: 1)
            if let source = utf8.baseAddress { block.copyMemory(from: source, byteCount: utf8.count) }
            blocks.append(block)
            return amqp_bytes_t(len: utf8.count, bytes: block)
        }
    }

    func table(_ entries: [amqp_table_entry_t]) -> amqp_table_t {
        let storage = UnsafeMutablePointer<amqp_table_entry_t>.allocate(capacity: max(1, entries.count))
        storage.initialize(from: entries, count: entries.count)
        blocks.append(UnsafeMutableRawPointer(storage))
        return amqp_table_t(num_entries: CInt(entries.count), entries: storage)
    }
}
