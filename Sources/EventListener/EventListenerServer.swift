import Core
import Telemetry

/// An event listener with its health endpoints, up and running.
public final class EventListenerServer: Sendable {
    public let internalURL: String
    public var service: String { listener.service }
    private let listener: EventListener
    private let health: HealthServer
    private let drainMilliseconds: Int

    /// Binds, starts consuming, and returns; the broker connects in its own time.
    public static func start(
        _ listener: EventListener, host: String, port: UInt16, drainMilliseconds: Int, registry: MetricsRegistry
    ) throws(SystemError) -> EventListenerServer {
        let health = try HealthServer(host: host, port: port, registry: registry) { [weak listener] in
            listener?.isConnected == true
        }
        listener.start()
        return EventListenerServer(listener: listener, health: health, drainMilliseconds: drainMilliseconds)
    }

    private init(listener: EventListener, health: HealthServer, drainMilliseconds: Int) {
        self.listener = listener
        self.health = health
        self.drainMilliseconds = drainMilliseconds
        internalURL = health.url
    }

    /// Lets what is under way finish, as far as time allows.
    public func stop() {
        listener.stop(drainMilliseconds: drainMilliseconds)
        health.stop()
    }
}
