import HTTP1
import Telemetry

extension HTTPExchange {
    /// `/metrics`: in the format that the scraper accepts.
    public func respond(_ registry: MetricsRegistry, to request: HTTPRequest) {
        let format = PrometheusText.Format(accept: request.head.headers.first("accept"))
        respond(status: 200, contentType: format.contentType, body: PrometheusText.encode(registry.snapshot(), format))
    }
}
