/// The media types of events.
public enum MediaType {
    public static let event = "application/cloudevents+json"
    public static let batch = "application/cloudevents-batch+json"
    public static let problem = "application/problem+json"
    public static let json = "application/json"
}
