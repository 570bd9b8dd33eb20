import Core

extension EventEnvelope.Member {
    init?(name: UnsafeRawBufferPointer) {
        let found: Self? =
            switch name.count {
            case 2: name.equals("id") ? .id : nil
            case 4:
                name.equals("type") ? .type : name.equals("data") ? .data : name.equals("time") ? .time : nil
            case 6: name.equals("source") ? .source : nil
            case 7: name.equals("subject") ? .subject : name.equals("baggage") ? .baggage : nil
            case 8: name.equals("sequence") ? .sequence : nil
            case 10:
                name.equals("expirytime")
                    ? .expirytime
                    : name.equals("tracestate") ? .tracestate : name.equals("dataschema") ? .dataschema : nil
            case 11:
                name.equals("specversion")
                    ? .specversion
                    : name.equals("causationid")
                        ? .causationid
                        : name.equals("traceparent") ? .traceparent : name.equals("data_base64") ? .dataBase64 : nil
            case 12: name.equals("servertiming") ? .servertiming : nil
            case 13:
                name.equals("correlationid") ? .correlationid : name.equals("returnaddress") ? .returnaddress : nil
            case 15: name.equals("datacontenttype") ? .datacontenttype : nil
            default: nil
            }
        guard let found else { return nil }
        self = found
    }
}
