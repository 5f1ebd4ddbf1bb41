/// The members of one JSON object, as far as the protocol looks at them: strings and integers.
///
/// Reads what the reference's reader takes: white space around tokens, any order, unknown members, the last of repeated
/// keys, `NaN` and `Infinity` as values, escapes of lone surrogates (which spell no usable string). Nesting is bounded.
package struct JSONObject {
    /// A member's value.
    package enum Value: Hashable, Sendable {
        /// UTF-8 bytes without their escapes.
        case string([UInt8])
        /// A number without fraction and exponent that fits 64 bits with sign.
        case integer(Int64)
        /// Anything else: another number, a literal, a list, an object, a string that is not Unicode.
        case other
    }

    /// How deep lists and objects may be nested, the outermost object included.
    package static let maximumDepth = 256

    private let members: [[UInt8]: Value]

    /// - Throws: ``JSONError`` when `text` is not one JSON object in UTF-8.
    package init(_ text: ArraySlice<UInt8>) throws(JSONError) {
        guard String(validating: text, as: UTF8.self) != nil else { throw .notUTF8 }
        var reader = JSONReader(text)
        self.members = try reader.readDocument()
    }

    package subscript(_ key: String) -> Value? {
        self.members[Array(key.utf8)]
    }
}

/// Why a text is not a JSON object that this module reads.
package enum JSONError: Error, Hashable, Sendable {
    case notUTF8
    /// The value is a list, a string, a number or a literal.
    case notAnObject
    /// The text breaks the grammar of RFC 8259 at this byte, counted from 0.
    case syntax(at: Int)
    /// Lists and objects are nested deeper than ``JSONObject/maximumDepth``.
    case tooDeep
}
