extension Benchmark {
    static var pings: [Benchmark] {
        [
            Benchmark("ping.public-web", "all that public-web does for a ping but its input and output; sealed") {
                PublicWebStand(secret: Samples.secret)
            } _: { stand, count in
                for _ in 0..<count { stand.ping() }
            },
            Benchmark("ping.public-web.open", "the same without a secret between the tiers") {
                PublicWebStand(secret: nil)
            } _: { stand, count in
                for _ in 0..<count { stand.ping() }
            },
        ]
    }
}
