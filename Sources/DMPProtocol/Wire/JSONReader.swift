/// A reader of JSON texts (RFC 8259) that never recurses: what is open is kept on a bounded stack.
struct JSONReader {
    private let text: ArraySlice<UInt8>
    private var index: Int

    /// - Parameter text: Valid UTF-8.
    init(_ text: ArraySlice<UInt8>) {
        self.text = text
        self.index = text.startIndex
    }

    mutating func readDocument() throws(JSONError) -> [[UInt8]: JSONObject.Value] {
        self.skipWhiteSpace()
        guard self.take("{") else { throw self.index == self.text.endIndex ? self.syntaxError : .notAnObject }
        var members: [[UInt8]: JSONObject.Value] = [:]
        self.skipWhiteSpace()
        if !self.take("}") {
            repeat {
                let key = try self.readKey()
                let value = try self.readValue()
                if let key { members[key] = value }
                self.skipWhiteSpace()
            } while self.take(",")
            guard self.take("}") else { throw self.syntaxError }
        }
        self.skipWhiteSpace()
        guard self.index == self.text.endIndex else { throw self.syntaxError }
        return members
    }

    /// Reads `"key" :`. A key that is not Unicode is `nil`: it can't be one that is looked for.
    private mutating func readKey() throws(JSONError) -> [UInt8]? {
        self.skipWhiteSpace()
        guard self.take("\"") else { throw self.syntaxError }
        let key = try self.readStringRest()
        self.skipWhiteSpace()
        guard self.take(":") else { throw self.syntaxError }
        return key
    }

    /// Reads one value of any kind. What lies inside lists and objects is checked and dropped.
    private mutating func readValue() throws(JSONError) -> JSONObject.Value {
        var closers: [UInt8] = []  // what each open list or object ends with, innermost last
        while true {
            self.skipWhiteSpace()
            if self.take("{") {
                closers.append(UInt8(ascii: "}"))
                try self.checkDepth(closers.count)
                self.skipWhiteSpace()
                if self.peek != UInt8(ascii: "}") {
                    _ = try self.readKey()
                    continue
                }
            } else if self.take("[") {
                closers.append(UInt8(ascii: "]"))
                try self.checkDepth(closers.count)
                self.skipWhiteSpace()
                if self.peek != UInt8(ascii: "]") { continue }
            } else {
                let scalar = try self.readScalar()
                if closers.isEmpty { return scalar }
            }
            if try self.closeAll(&closers) { return .other }
        }
    }

    /// After a value: closes what ends here, until another value must follow (`false`) or nothing is open (`true`).
    private mutating func closeAll(_ closers: inout [UInt8]) throws(JSONError) -> Bool {
        while let closer = closers.last {
            self.skipWhiteSpace()
            // An empty list or object arrives here with its closer next, and any other with `,` or its closer.
            guard self.peek == closer else {
                guard self.take(",") else { throw self.syntaxError }
                if closer == UInt8(ascii: "}") { _ = try self.readKey() }
                return false
            }
            self.index += 1
            closers.removeLast()
        }
        return true
    }

    private func checkDepth(_ count: Int) throws(JSONError) {
        guard count < JSONObject.maximumDepth else { throw .tooDeep }
    }

    private mutating func readScalar() throws(JSONError) -> JSONObject.Value {
        if self.take("\"") {
            guard let string = try self.readStringRest() else { return .other }
            return .string(string)
        }
        for literal in Self.literals where self.text[self.index...].starts(with: literal) {
            self.index += literal.count
            return .other
        }
        return try self.readNumber()
    }

    // MARK: Numbers

    private mutating func readNumber() throws(JSONError) -> JSONObject.Value {
        let start = self.index
        let isNegative = self.take("-")
        let digits = self.takeDigits()
        guard let first = digits.first, digits.count == 1 || first != UInt8(ascii: "0") else {
            throw .syntax(at: start - self.text.startIndex)
        }
        var isInteger = true
        if self.take(".") {
            guard !self.takeDigits().isEmpty else { throw self.syntaxError }
            isInteger = false
        }
        if self.take("e") || self.take("E") {
            if !self.take("+") { _ = self.take("-") }
            guard !self.takeDigits().isEmpty else { throw self.syntaxError }
            isInteger = false
        }
        guard isInteger, let value = Self.integer(digits, isNegative: isNegative) else { return .other }
        return .integer(value)
    }

    private static func integer(_ digits: ArraySlice<UInt8>, isNegative: Bool) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let step = Int64(digit - UInt8(ascii: "0"))
            let (next, carried) =
                isNegative
                ? product.subtractingReportingOverflow(step) : product.addingReportingOverflow(step)
            if overflow || carried { return nil }
            value = next
        }
        return value
    }

    private mutating func takeDigits() -> ArraySlice<UInt8> {
        let start = self.index
        while let digit = self.peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) { self.index += 1 }
        return self.text[start..<self.index]
    }

    // MARK: Strings

    /// Reads on after the opening quote. Returns `nil` for a string with a lone surrogate, which UTF-8 can't spell.
    private mutating func readStringRest() throws(JSONError) -> [UInt8]? {
        var string: [UInt8] = []
        var isUnicode = true
        while let byte = self.peek {
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""):
                return isUnicode ? string : nil
            case UInt8(ascii: "\\"):
                if let scalar = try self.readEscape() {
                    string.append(contentsOf: String(scalar).utf8)
                } else {
                    isUnicode = false
                }
            case 0..<0x20:
                self.index -= 1
                throw self.syntaxError
            default:
                string.append(byte)
            }
        }
        throw self.syntaxError
    }

    /// Reads on after a backslash. Returns `nil` for a surrogate without its other half.
    private mutating func readEscape() throws(JSONError) -> Unicode.Scalar? {
        guard let escape = self.peek else { throw self.syntaxError }
        self.index += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(escape)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default:
            self.index -= 1
            throw self.syntaxError
        }
        let unit = try self.readFourDigits()
        guard (0xd800..<0xdc00).contains(unit) else { return Unicode.Scalar(unit) }
        // A high surrogate: only together with a low one right after it does it spell a character.
        let resume = self.index
        guard self.take("\\"), self.take("u") else {
            self.index = resume
            return nil
        }
        let low = try self.readFourDigits()
        guard (0xdc00..<0xe000).contains(low) else {
            self.index = resume
            return nil
        }
        return Unicode.Scalar(0x1_0000 + (unit - 0xd800) << 10 + (low - 0xdc00))
    }

    private mutating func readFourDigits() throws(JSONError) -> UInt32 {
        guard self.text.endIndex - self.index >= 4, let bytes = HexDigits.bytes(self.text[self.index..<self.index + 4]),
            bytes.count == 2
        else { throw self.syntaxError }
        self.index += 4
        return UInt32(bytes[0]) << 8 | UInt32(bytes[1])
    }

    // MARK: Characters

    private static let literals = ["true", "false", "null", "NaN", "Infinity", "-Infinity"].map { Array($0.utf8) }

    private var peek: UInt8? { self.index < self.text.endIndex ? self.text[self.index] : nil }

    private var syntaxError: JSONError { .syntax(at: self.index - self.text.startIndex) }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard self.peek == UInt8(ascii: character) else { return false }
        self.index += 1
        return true
    }

    private mutating func skipWhiteSpace() {
        while let byte = self.peek, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { self.index += 1 }
    }
}
