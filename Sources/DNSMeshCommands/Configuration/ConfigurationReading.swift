import Yams

extension Configuration {
    /// Takes the known keys from a mapping; missing ones keep their defaults, unknown ones are not looked at.
    init(_ root: Node.Mapping) throws(ConfigurationFault) {
        self.init()
        for (key, value) in root.mergedPairs {
            guard let name = key.scalar?.string, let known = ConfigurationKey.named[name] else { continue }
            do throws(ConfigurationFault) {
                try self.set(known.slot, to: value)
            } catch {
                var fault = error
                fault.place = fault.place.map { "\(name): \($0)" } ?? name
                throw fault
            }
        }
    }

    private mutating func set(_ slot: ConfigurationKey.Slot, to value: Node) throws(ConfigurationFault) {
        switch slot {
        case .contacts: self.contacts = try Self.contacts(in: value)
        case .flag(let property):
            let scalar = try value.textScalar()
            guard let flag = scalar.isNull ? false : scalar.flag else {
                throw ConfigurationFault("must be true or false", next: "write true or false, without quotes")
            }
            self[keyPath: property] = flag
        case .number(let property):
            guard let number = try value.textScalar().wholeNumber else {
                throw ConfigurationFault("must be a whole number", next: "write it in decimal digits")
            }
            self[keyPath: property] = number
        case .optionalText(let property):
            let scalar = try value.textScalar()
            self[keyPath: property] = scalar.isNull ? nil : scalar.string
        case .text(let property, let fallback):
            let scalar = try value.textScalar()
            self[keyPath: property] = scalar.isNull || scalar.string.isEmpty ? fallback : scalar.string
        case .texts(let property):
            self[keyPath: property] = try Self.texts(in: value)
        }
    }

    /// A list of texts; a single text counts as a list of one.
    private static func texts(in value: Node) throws(ConfigurationFault) -> [String] {
        guard case .sequence(let sequence) = value else {
            let scalar = try value.textScalar()
            return scalar.isNull ? [] : [scalar.string]
        }
        var texts: [String] = []
        for item in sequence { texts.append(try item.textScalar().string) }
        return texts
    }

    private static func contacts(in value: Node) throws(ConfigurationFault) -> [ContactEntry] {
        if let scalar = value.scalar, scalar.isNull { return [] }
        guard case .mapping(let mapping) = value else {
            throw ConfigurationFault("must be a mapping", next: "write `contacts: {}` for none")
        }
        return mapping.mergedPairs.compactMap { ContactEntry(label: $0.key, value: $0.value) }
    }
}

extension ContactEntry {
    /// - Returns: `nil` for a label or value of a kind that the reference skips too.
    init?(label: Node, value: Node) {
        guard let label = label.scalar?.string else { return nil }
        switch value {
        case .scalar(let scalar) where !scalar.isNull:
            self.init(label: label, encryptionKey: scalar.string)
        case .mapping(let fields):
            self.init(label: label)
            for (key, field) in fields.mergedPairs { self.set(key, to: field) }
        default: return nil
        }
    }

    private mutating func set(_ key: Node, to value: Node) {
        let text = value.scalar.map { $0.isNull ? "" : $0.string }
        switch (key.scalar?.string, text) {
        case ("pub", let text?): self.encryptionKey = text
        case ("spk", let text?): self.signingKey = text
        case ("domain", let text?): self.domain = text
        case ("remote_username", let text?): self.remoteUsername = text
        case (let name?, _): self.otherFields.append(OtherField(name: name, yaml: YAMLInline.text(of: value)))
        case (nil, _): break
        }
    }
}

extension Node {
    fileprivate func textScalar() throws(ConfigurationFault) -> Scalar {
        guard let scalar = self.scalar else {
            throw ConfigurationFault("must be a single value", next: "replace the list or mapping by one value")
        }
        return scalar
    }
}

extension Node.Mapping {
    /// The entries, with those of mappings named by the merge key `<<` behind their own.
    var mergedPairs: [(key: Node, value: Node)] {
        var pairs = self.filter { !$0.key.isMergeKey }
        guard pairs.count < self.count else { return pairs }
        var names = Set(pairs.compactMap { $0.key.scalar?.string })
        for merge in self where merge.key.isMergeKey {
            let sources = merge.value.sequence.map(Array.init) ?? [merge.value]
            for pair in sources.compactMap(\.mapping).joined() {
                guard let name = pair.key.scalar?.string, names.insert(name).inserted else { continue }
                pairs.append(pair)
            }
        }
        return pairs
    }
}

extension Node {
    fileprivate var isMergeKey: Bool {
        guard let scalar = self.scalar else { return false }
        return scalar.style == .plain && scalar.string == "<<"
    }
}
