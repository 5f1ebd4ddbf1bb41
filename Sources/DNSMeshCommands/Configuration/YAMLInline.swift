import Yams

/// A value of a kind that this version doesn't know, written again as one line that means the same.
enum YAMLInline {
    static func text(of node: Node) -> String {
        switch node {
        case .scalar(let scalar): self.text(of: scalar)
        case .sequence(let sequence): "[" + sequence.map(self.text(of:)).joined(separator: ", ") + "]"
        case .mapping(let mapping):
            "{" + mapping.map { "\(self.text(of: $0.key)): \(self.text(of: $0.value))" }.joined(separator: ", ") + "}"
        case .alias: "null"
        }
    }

    /// Plain text stays plain, so that numbers, booleans and dates keep their type; all else is quoted.
    private static func text(of scalar: Node.Scalar) -> String {
        guard scalar.style == .plain else { return YAMLQuoting.quoted(scalar.string) }
        if scalar.string.isEmpty { return "null" }
        let isSimple = scalar.string.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "+-._~: ".utf8.contains(byte)
            }
        }
        return isSimple ? scalar.string : YAMLQuoting.quoted(scalar.string)
    }
}
