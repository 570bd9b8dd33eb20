import Core

extension OTLPDecoder {
    /// The first ones, as many as are kept. - Parameter dropped: grows by the others.
    static func attributes(_ node: OTLPNode, _ dropped: inout UInt64) -> [RecordedAttribute] {
        var result: [RecordedAttribute] = []
        node.forEachElement { element in
            guard result.count < RecordingLimits.attributesMax else {
                dropped = dropped.adding(1)
                return
            }
            if let attribute = attribute(element, depth: 0) { result.append(attribute) }
        }
        return result
    }

    /// `KeyValue`.
    private static func attribute(_ node: OTLPNode, depth: Int) -> RecordedAttribute? {
        var key: String?
        var value = RecordedValue.none
        node.forEachMember { name, member in
            if name == "key" { key = member.text(max: RecordingLimits.nameBytesMax) }
            if name == "value" { value = self.value(member, depth: depth) }
        }
        return key.map { RecordedAttribute($0, value) }
    }

    /// `AnyValue`.
    static func value(_ node: OTLPNode, depth: Int = 0) -> RecordedValue {
        var result = RecordedValue.none
        node.forEachMember { name, value in
            switch name {
            case "stringValue": result = value.text(max: RecordingLimits.textBytesMax).map { .string($0) } ?? .none
            case "boolValue": result = value.bool.map { .bool($0) } ?? .none
            case "intValue": result = value.signed.map { .integer($0) } ?? .none
            case "doubleValue": result = value.double.map { .double($0) } ?? .none
            case "bytesValue": result = bytes(value)
            case "arrayValue":
                result =
                    list(value, depth: depth) { self.value($0, depth: depth + 1) }.map { .array($0) }
                    ?? .string("…[nested deeper]")
            case "kvlistValue":
                result =
                    list(value, depth: depth) { attribute($0, depth: depth + 1) }.map { .object($0) }
                    ?? .string("…[nested deeper]")
            default: break
            }
        }
        return result
    }

    /// A text in base64 stays as it is; one that is none, or that had to be cut, is a mere text.
    private static func bytes(_ node: OTLPNode) -> RecordedValue {
        guard let text = node.text(max: RecordingLimits.textBytesMax) else { return .none }
        let digits = text.utf8.prefix { $0 != 0x3D }
        let isPlain = digits.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F, 0x2D, 0x5F: true
            default: false
            }
        }
        let padding = text.utf8.count - digits.count
        let isWhole = text.utf8.count % 4 == 0 && padding <= 2 && text.utf8.suffix(padding).allSatisfy { $0 == 0x3D }
        return isPlain && isWhole ? .bytes(text) : .string(text)
    }

    /// Nil if it is nested too deep.
    private static func list<Element>(
        _ node: OTLPNode, depth: Int, _ read: (OTLPNode) -> Element?
    ) -> [Element]? {
        guard depth < RecordingLimits.depthMax else { return nil }
        var result: [Element] = []
        node.forEachMember { name, values in
            guard name == "values" else { return }
            values.forEachElement { element in
                guard result.count < RecordingLimits.elementsMax else { return }
                if let element = read(element) { result.append(element) }
            }
        }
        return result
    }

    /// An enumeration is a number in OTLP/JSON; protobuf's mapping has names.
    static func number(_ node: OTLPNode, named names: [String]) -> Int? {
        if let number = node.signed { return Int(exactly: number) }
        return node.text(max: 64).flatMap { names.firstIndex(of: $0) }
    }

    /// Nil for what is not so many hexadecimal digits; 0 for an empty text and for zeros.
    static func spanID(_ node: OTLPNode) -> UInt64? {
        node.hexadecimal { text -> UInt64? in
            if text.isEmpty { return 0 }
            return text.count == 16 ? Hexadecimal.number(text) : nil
        } ?? nil
    }
}
