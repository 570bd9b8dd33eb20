import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What a ping is answered with, on each way in.
    @Suite struct PingTests {
        private let deployment: Deployment

        init() throws { deployment = try Deployment.running(amqp: try VirtualHosts.take()) }

        @Test func overWebSocket() throws {
            let began = Date()
            let ledger = try Pinging.run(deployment.webSocketURL, count: 3, ["-d", #"{"hello":["wörld",1.50,null]}"#])
            #expect(ledger.answered == [1, 2, 3] && ledger.faults.isEmpty, "\(ledger)")
            for (answer, id) in zip(ledger.answers, ledger.identifiers) {
                let faults = SampleEvent.faults(
                    answer, answering: id, session: ledger.session ?? "none", between: began)
                #expect(faults.isEmpty, "\(answer)")
                let request = (answer["data"] as? [String: Any])?["request"] as? [String: Any]
                #expect(request?["hello"] as? NSArray == ["wörld", 1.5, NSNull()])
            }
            #expect(ledger.answers.map { $0["sequence"] as? String } == (1...3).map { String(format: "%016d", $0) })
            #expect(Set(ledger.identifiers).count == 3)
        }

        @Test func withoutDataThereIsNoRequestInTheAnswer() throws {
            let began = Date()
            let ledger = try Pinging.run(deployment.webSocketURL)
            let data = try #require(ledger.answers.first?["data"] as? [String: Any])
            #expect(data.keys.sorted() == ["receivedat"])
            let answer = try HTTPCall.post(port: deployment.publicPort, "/ping")
            #expect(answer.status == 200 && answer.header("content-type") == "application/cloudevents+json")
            #expect(SampleEvent.faults(answer.json, answering: nil, between: began).isEmpty, "\(answer)")
            #expect((answer.json["data"] as? [String: Any])?.keys.sorted() == ["receivedat"])
        }

        @Test func overHTTP() throws {
            let began = Date()
            let answer = try HTTPCall.post(port: deployment.publicPort, "/ping", #"{"n":1}"#)
            #expect(answer.status == 200)
            #expect(SampleEvent.faults(answer.json, answering: nil, between: began).isEmpty, "\(answer)")
            #expect((answer.json["data"] as? [String: Any])?["request"] as? [String: Int] == ["n": 1])
            let ledger = try Pinging.run(deployment.httpURL, count: 2, ["--http"])
            #expect(ledger.answered == [1, 2] && ledger.faults.isEmpty, "\(ledger)")
        }

        @Test func asAStructuredEvent() throws {
            let began = Date()
            let answer = try deployment.postEvent(SampleEvent.ping("s1", lifetimeSeconds: 20, data: "[1]"))
            #expect(answer.status == 200 && answer.header("content-type") == "application/cloudevents+json")
            #expect(SampleEvent.faults(answer.json, answering: "s1", between: began).isEmpty, "\(answer)")
            #expect((answer.json["data"] as? [String: Any])?["request"] as? [Int] == [1])
        }

        @Test func asABinaryEvent() throws {
            let began = Date()
            let headers = [
                "ce-specversion: 1.0", "ce-id: b1", "ce-source: /tests", "ce-type: PingRequest",
                "ce-correlationid: mine", "Content-Type: application/json",
            ]
            let answer = try HTTPCall.post(port: deployment.publicPort, "/events", headers: headers, #"{"a":"b"}"#)
            #expect(answer.status == 200 && answer.header("content-type") == "application/cloudevents+json")
            let faults = SampleEvent.faults(answer.json, answering: "b1", session: "mine", between: began)
            #expect(faults.isEmpty, "\(answer)")
            #expect((answer.json["data"] as? [String: Any])?["request"] as? [String: String] == ["a": "b"])
        }

        /// Each gets its answer or its error, in the order of the batch.
        @Test func asABatch() throws {
            let began = Date()
            let events = [
                SampleEvent.ping("1", data: "\"one\""), SampleEvent.ping("2", type: "Nonsense"),
                SampleEvent.ping("3", data: "\"three\""),
            ]
            let response = try HTTPCall.post(
                port: deployment.publicPort, "/events", headers: [SampleEvent.batch],
                "[\(events.joined(separator: ","))]")
            #expect(response.status == 200 && response.header("content-type") == "application/cloudevents-batch+json")
            let answers = JSONText.array(response.body)
            try #require(answers.count == 3, "\(response)")
            for (index, id) in [(0, "1"), (2, "3")] {
                #expect(SampleEvent.faults(answers[index], answering: id, between: began).isEmpty, "\(answers[index])")
            }
            #expect((answers[2]["data"] as? [String: Any])?["request"] as? String == "three")
            #expect(answers[1]["type"] as? String == "switchboard.error" && answers[1]["causationid"] as? String == "2")
            #expect((answers[1]["data"] as? [String: Any])?["status"] as? Int == 422)
        }

        @Test func whatHasNoRouteIsRefused() throws {
            let answer = try deployment.postEvent(SampleEvent.ping("n1", type: "Nonsense"))
            #expect(answer.verdict == "422 unroutable-type", "\(answer)")
        }
    }
}
