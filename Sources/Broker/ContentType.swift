/// The content types of message bodies (CloudEvents 1.0, JSON event format §3 and §4).
public enum ContentType {
    /// One event.
    public static let single = "application/cloudevents+json"
    /// A JSON array of events.
    public static let batch = "application/cloudevents-batch+json"
}
