/// A JSON value whose objects keep the order of their keys.
indirect enum JSONValue: Hashable, Sendable {
    case array([JSONValue])
    case bool(Bool)
    case null
    case number(Int64)
    case object([Member])
    case text(String)

    struct Member: Hashable, Sendable {
        let key: String
        let value: JSONValue
    }

    /// The value, or `null`.
    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.text) ?? .null }

    /// Several lines with an indent of two spaces, as the reference prints JSON. Without a newline at the end.
    var pretty: String { self.rendered(indent: 0) }

    /// One line, for streams of objects.
    var line: String { self.rendered(indent: nil) }

    private func rendered(indent: Int?) -> String {
        switch self {
        case .array(let values): Self.list(values.map { $0.rendered(indent: indent.map { $0 + 2 }) }, "[", "]", indent)
        case .bool(let flag): String(flag)
        case .null: "null"
        case .number(let number): String(number)
        case .object(let members):
            Self.list(
                members.map { "\(Self.quoted($0.key)): \($0.value.rendered(indent: indent.map { $0 + 2 }))" },
                "{",
                "}",
                indent
            )
        case .text(let text): Self.quoted(text)
        }
    }

    private static func list(_ items: [String], _ open: String, _ close: String, _ indent: Int?) -> String {
        guard !items.isEmpty else { return open + close }
        guard let indent else { return open + items.joined(separator: ", ") + close }
        let margin = "\n" + String(repeating: " ", count: indent)
        return open + items.map { "\(margin)  \($0)" }.joined(separator: ",") + margin + close
    }

    /// Text in quotes, with all but printable ASCII escaped: nothing in it can drive a terminal.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{c}": result += "\\f"
            case " "..."~": result.unicodeScalars.append(scalar)
            default: result += scalar.utf16.map(Self.escape).joined()
            }
        }
        return result + "\""
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.map { Member(key: $0.0, value: $0.1) })
    }

    init(stringLiteral text: String) { self = .text(text) }

    init(booleanLiteral flag: Bool) { self = .bool(flag) }
}
