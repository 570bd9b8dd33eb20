/// How much of one record is kept. What is cut out of a text is told in its place; what is left out of a list is counted.
public enum RecordingLimits {
    /// Of an attribute's value, a log's body, a status message. A log is there to be read.
    public static let textBytesMax = 8192
    /// Of the name of a span, event, attribute or service.
    public static let nameBytesMax = 512
    /// Of an event id or correlation id that is looked for; a longer one is not indexed.
    public static let identifierBytesMax = 512
    public static let attributesMax = 128
    public static let eventsMax = 128
    public static let linksMax = 128
    /// Of an array or a list of keys and values.
    public static let elementsMax = 128
    /// Arrays in arrays.
    public static let depthMax = 8
}
