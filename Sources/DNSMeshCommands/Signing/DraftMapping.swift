import Yams

/// A mapping in a file that says what is to be signed. Each refusal names the key.
///
/// Values are read by their raw text, so that no version of YAML turns a name or a key into a number.
struct DraftMapping {
    /// Where the mapping stands, as a front part of its keys: empty at the top, else such as `nodes[2].`.
    private let front: String
    private let values: [String: Node]

    /// - Throws: ``DraftFault`` for what is no mapping, and for a key other than `keys`, as a mistyped one would be
    ///   passed over.
    init(_ node: Node, front: String = "", keys: [String]) throws(DraftFault) {
        let place = front.hasSuffix(".") ? String(front.dropLast()) : front
        guard case .mapping(let mapping) = node else {
            throw DraftFault(place, "must hold the keys \(keys.joined(separator: ", "))")
        }
        var values: [String: Node] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard keys.contains(name) else {
                throw DraftFault(
                    place,
                    "\(name.debugDescription) is not one of the keys \(keys.joined(separator: ", "))"
                )
            }
            values[name] = value
        }
        self.front = front
        self.values = values
    }

    /// Reads a whole file.
    init(yaml text: String, keys: [String]) throws(DraftFault) {
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw DraftFault(yaml: error)
        }
        guard let root else { throw DraftFault("", "is empty; it must hold the keys \(keys.joined(separator: ", "))") }
        try self.init(root, keys: keys)
    }

    /// The full name of a key.
    func place(of key: String) -> String { self.front + key }

    /// The text at a key that must be there.
    func text(_ key: String) throws(DraftFault) -> String {
        guard let text = try self.optionalText(key) else { throw DraftFault(self.place(of: key), "is missing") }
        return text
    }

    /// The text at a key; `nil` if the key is missing, or holds nothing.
    func optionalText(_ key: String) throws(DraftFault) -> String? {
        guard let node = self.values[key] else { return nil }
        guard case .scalar(let scalar) = node else { throw DraftFault(self.place(of: key), "must be a single value") }
        let text = scalar.string.trimmingSpaces
        return scalar.isNull || text.isEmpty ? nil : text
    }

    /// A whole number in decimal digits.
    func number(_ key: String, in range: ClosedRange<UInt64>) throws(DraftFault) -> UInt64 {
        let text = try self.text(key)
        let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) } && (text == "0" || !text.hasPrefix("0"))
        guard isDecimal, let number = UInt64(text), range.contains(number) else {
            throw DraftFault(
                self.place(of: key),
                "must be a whole number from \(range.lowerBound) to \(range.upperBound), in decimal digits"
            )
        }
        return number
    }

    /// The mappings of a list, of which there must be 1 to `limit`.
    func list(_ key: String, limit: Int, keys: [String]) throws(DraftFault) -> [DraftMapping] {
        let place = self.place(of: key)
        guard let node = self.values[key] else { throw DraftFault(place, "is missing") }
        guard case .sequence(let sequence) = node, (1...limit).contains(sequence.count) else {
            throw DraftFault(place, "must be a list of 1 to \(limit) entries")
        }
        var mappings: [DraftMapping] = []
        for (index, item) in sequence.enumerated() {
            mappings.append(try DraftMapping(item, front: "\(place)[\(index + 1)].", keys: keys))
        }
        return mappings
    }
}

extension DraftFault {
    fileprivate init(yaml error: any Error) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            self.init("line \(mark.line)", "isn't YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let keys, _):
            self.init(keys.joined(separator: ", "), "stands twice; remove one of the two")
        default: self.init("", "isn't YAML")
        }
    }
}
