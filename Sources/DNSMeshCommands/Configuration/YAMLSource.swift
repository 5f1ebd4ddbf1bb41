import Yams

/// The text of a YAML file, cut into lines, with the mapping that it holds.
///
/// Of keys that stand twice the last one counts, which a plain YAML parser would refuse: users are told to append lines
/// to the file, and so name keys that it already has.
struct YAMLSource {
    let lines: [String]
    let root: Node.Mapping

    /// More than this isn't a configuration.
    static let byteLimit = 4 << 20
    /// More values than this, those counted for which aliases stand, aren't either.
    static let nodeLimit = 200_000

    init(_ bytes: some Collection<UInt8>) throws(ConfigurationFault) {
        guard bytes.count <= Self.byteLimit else {
            throw ConfigurationFault("is larger than \(Self.byteLimit) bytes", next: "restore it from a backup")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationFault("isn't UTF-8 text", next: "restore it from a backup")
        }
        try self.init(lines: Self.lines(of: text))
    }

    private init(lines: [String]) throws(ConfigurationFault) {
        do {
            (self.lines, self.root) = (lines, try Self.compose(lines))
        } catch YamlError.duplicatedKeysInMapping {
            let unique = Self.keepingLastDuplicates(lines)
            do {
                (self.lines, self.root) = (unique, try Self.compose(unique))
            } catch {
                throw Self.fault(for: error)
            }
        } catch {
            throw Self.fault(for: error)
        }
    }

    /// Lines without their ends; a byte order mark is dropped, CRLF counts as one line end.
    private static func lines(of text: String) -> [String] {
        let bytes = text.utf8.starts(with: [0xef, 0xbb, 0xbf]) ? text.utf8.dropFirst(3) : text.utf8[...]
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            Substring(line.last == 0x0d ? line.dropLast() : line)
        }
        if lines.last == "" { lines.removeLast() }
        return lines.map(String.init)
    }

    private static func compose(_ lines: [String]) throws -> Node.Mapping {
        let text = lines.joined(separator: "\n") + "\n"
        let node = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        switch node {
        case .mapping(let mapping) where !mapping.isEmpty:
            try Self.checkSize(of: mapping)
            return mapping
        case nil, .scalar(Node.Scalar("", .implicit)), .mapping:
            throw ConfigurationFault("is empty", next: "restore it from a backup, or run `dnsmesh init --force`")
        default:
            throw ConfigurationFault(
                "isn't a mapping of keys to values",
                next: "restore it from a backup, or run `dnsmesh init --force`"
            )
        }
    }

    /// A few aliases of aliases can stand for more than any memory holds.
    private static func checkSize(of root: Node.Mapping) throws {
        var waiting: [Node] = [.mapping(root)]
        var count = 0
        while let node = waiting.popLast() {
            count += 1
            guard count + waiting.count <= Self.nodeLimit else {
                throw ConfigurationFault("holds more than \(Self.nodeLimit) values", next: "restore it from a backup")
            }
            switch node {
            case .sequence(let sequence): waiting.append(contentsOf: sequence)
            case .mapping(let mapping): for (key, value) in mapping { waiting += [key, value] }
            case .scalar, .alias: break
            }
        }
    }

    /// Drops every top-level entry, and every contact, that is named again further down.
    private static func keepingLastDuplicates(_ lines: [String]) -> [String] {
        let entries = YAMLLineGroup.groups(of: lines, indent: 0)
        return YAMLLineGroup.keepingLast(entries).flatMap { entry -> [String] in
            guard entry.key == "contacts", let indent = entry.bodyIndent else { return entry.lines }
            let contacts = YAMLLineGroup.groups(of: Array(entry.lines.dropFirst()), indent: indent)
            return entry.lines.prefix(1) + YAMLLineGroup.keepingLast(contacts).flatMap(\.lines)
        }
    }

    private static func fault(for error: any Error) -> ConfigurationFault {
        let next = "mend that line, or restore the file from a backup"
        switch error {
        case let fault as ConfigurationFault: return fault
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return ConfigurationFault(in: "line \(mark.line)", "isn't YAML: \(problem)", next: next)
        case YamlError.duplicatedKeysInMapping(let keys, _):
            return ConfigurationFault(
                in: keys.joined(separator: ", "),
                "stands twice",
                next: "remove all but one of these entries"
            )
        case YamlError.reader(let problem, _, _, _): return ConfigurationFault("isn't YAML: \(problem)", next: next)
        default: return ConfigurationFault("isn't YAML", next: next)
        }
    }
}

/// An entry of a block mapping as lines of text: the line that starts with its key, and all up to the next key.
private struct YAMLLineGroup {
    /// `nil` for lines before the first key.
    let key: String?
    var lines: [String]

    /// How far the lines below the key are indented; `nil` if there are none.
    var bodyIndent: Int? {
        self.lines.dropFirst().first { !$0.isBlankOrComment }?.indent
    }

    static func groups(of lines: [String], indent: Int) -> [YAMLLineGroup] {
        var groups: [YAMLLineGroup] = []
        for line in lines {
            let key = line.indent == indent && !line.isBlankOrComment ? Self.key(of: line.dropFirst(indent)) : nil
            if key != nil || groups.isEmpty {
                groups.append(YAMLLineGroup(key: key, lines: [line]))
            } else {
                groups[groups.count - 1].lines.append(line)
            }
        }
        return groups
    }

    static func keepingLast(_ groups: [YAMLLineGroup]) -> [YAMLLineGroup] {
        var last: [String: Int] = [:]
        for (index, group) in groups.enumerated() {
            if let key = group.key { last[key] = index }
        }
        return groups.enumerated().filter { index, group in
            guard let key = group.key else { return true }
            return last[key] == index
        }.map(\.element)
    }

    /// The key with which the line starts, without quotes; `nil` if it starts with none.
    private static func key(of line: Substring) -> String? {
        guard let colon = line.indices.first(where: { Self.endsKey(line, at: $0) }) else { return nil }
        let text = line[..<colon].trimmingSuffix { $0 == " " }
        guard let first = text.first, !"-[]{}?&*!|>%@`".contains(first) else { return nil }
        if first == "\"" || first == "'", text.count > 1, text.last == first {
            return String(text.dropFirst().dropLast())
        }
        return String(text)
    }

    /// Whether the character is the colon after a key: white space or nothing follows.
    private static func endsKey(_ line: Substring, at index: String.Index) -> Bool {
        guard line[index] == ":" else { return false }
        let next = line.index(after: index)
        return next == line.endIndex || line[next] == " " || line[next] == "\t"
    }
}

extension String {
    var indent: Int { self.utf8.prefix { $0 == 0x20 }.count }

    var isBlankOrComment: Bool {
        let first = self.utf8.first { $0 != 0x20 && $0 != 0x09 }
        return first == nil || first == UInt8(ascii: "#")
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var end = self.endIndex
        while end > self.startIndex, isTrimmed(self[self.index(before: end)]) { end = self.index(before: end) }
        return self[..<end]
    }
}
