import Yams

/// One entry of a block mapping in the text of a file, with the comments above it.
struct YAMLBlock {
    let key: String
    /// Whether each YAML loader reads the key as this text.
    let isKeyPlain: Bool
    /// The comment lines and blank lines between the entry before and this one.
    let leading: [String]
    /// Where the line of the key, and all that belongs to its value, stand in the file.
    let range: Range<Int>
    /// The lines of ``range``.
    let lines: [String]
    let value: Node
    /// The spaces before the key.
    let indent: Int

    /// The lines of `range` as the entries of `mapping`, and the comment lines that follow the last.
    ///
    /// - Returns: `nil` unless the mapping is in block style with each key on a line of its own.
    static func blocks(
        of mapping: Node.Mapping,
        in lines: [String],
        range: Range<Int>
    ) -> (blocks: [YAMLBlock], footer: [String])? {
        var starts: [Int] = []
        for key in mapping.map(\.key) {
            guard key.scalar != nil, let mark = key.mark else { return nil }
            let line = mark.line - 1
            guard range.contains(line), line > starts.last ?? -1, !lines[line].startsFlow else { return nil }
            starts.append(line)
        }
        guard let first = starts.first else { return nil }
        var leading = Array(lines[range.lowerBound..<first])
        var blocks: [YAMLBlock] = []
        for (index, (key, value)) in mapping.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : range.upperBound
            let indent = lines[starts[index]].indent
            let body = lines[starts[index]..<end]
            let own = body.dropLastComments(indentedAtMost: indent)
            blocks.append(
                YAMLBlock(
                    key: key.scalar?.string ?? "",
                    isKeyPlain: key.scalar?.isPlainlyText == true,
                    leading: leading,
                    range: own.indices,
                    lines: Array(own),
                    value: value,
                    indent: indent
                )
            )
            leading = Array(body[own.endIndex...])
        }
        return (blocks, leading)
    }
}

extension String {
    fileprivate var startsFlow: Bool { self.first { $0 != " " } == "{" }
}

extension ArraySlice<String> {
    /// Without the blank lines at the end, and without comments there that stand no deeper than the key.
    fileprivate func dropLastComments(indentedAtMost indent: Int) -> ArraySlice<String> {
        var end = self.endIndex
        while end > self.startIndex + 1 {
            let line = self[end - 1]
            guard line.isBlankOrComment, line.indent <= indent || line.allSatisfy(\.isWhitespace) else { break }
            end -= 1
        }
        return self[self.startIndex..<end]
    }
}

/// Lines that belong to a key, on their way into a file.
struct YAMLEntry {
    let key: String
    let lines: [String]
}

extension [YAMLEntry] {
    /// Inserts an entry where the order of keys, code point by code point, puts it; at the end if there is no such order.
    mutating func insertSorted(_ entry: YAMLEntry) {
        let isSorted = zip(self, self.dropFirst()).allSatisfy { $0.key.precedesByCodePoint($1.key) }
        let index = isSorted ? self.firstIndex { entry.key.precedesByCodePoint($0.key) } : nil
        self.insert(entry, at: index ?? self.endIndex)
    }
}

extension String {
    func precedesByCodePoint(_ other: String) -> Bool {
        self.unicodeScalars.lexicographicallyPrecedes(other.unicodeScalars)
    }
}
