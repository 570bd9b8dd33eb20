/// A handler returned an event of more than `EventListener.answerBytesMax`.
struct AnswerTooLarge: Error, CustomStringConvertible {
    let bytes: Int

    var description: String { "an answer of \(bytes) bytes; at most \(EventListener.answerBytesMax) go to a client" }
}
