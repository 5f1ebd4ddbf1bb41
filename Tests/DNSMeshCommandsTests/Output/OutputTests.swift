import ArgumentParser
import DMPProtocol
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("JSON")
struct JSONValueTests {
    @Test("Texts stand in commands to run as one word")
    func shellWords() {
        for plain in ["/home/alice/.dmp", "a+b@c:1,2%"] { #expect("\(ShellWord(plain))" == plain) }
        for (text, word) in [("", "''"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("$x", "'$x'"), ("~é", "'~é'")] {
            #expect("\(ShellWord(text))" == word)
        }
    }

    @Test("Objects keep their order, with an indent of two")
    func pretty() {
        let value: JSONValue = [
            "b": "x", "a": .array([.number(1), .bool(true), .null]), "empty": .array([]), "none": [:],
            "deep": ["c": .optional(nil)],
        ]
        #expect(
            value.pretty == """
                {
                  "b": "x",
                  "a": [
                    1,
                    true,
                    null
                  ],
                  "empty": [],
                  "none": {},
                  "deep": {
                    "c": null
                  }
                }
                """
        )
        #expect(value.line == #"{"b": "x", "a": [1, true, null], "empty": [], "none": {}, "deep": {"c": null}}"#)
    }

    @Test("Text is escaped to printable ASCII")
    func escapes() {
        let text = "\"\\/\n\r\t\u{8}\u{c}\u{0}\u{1b}\u{7f}\u{e9}\u{202e}\u{1F98A}"
        #expect(
            JSONValue.text(text).line
                == #""\"\\/\n\r\t\b\f\u0000\u001b\u007f\u00e9\u202e\ud83e\udd8a""#
        )
    }

    @Test("What is written is what a JSON parser reads")
    func roundTrip() throws {
        let text = String(String.UnicodeScalarView((UInt32(0)...0x2fff).compactMap(Unicode.Scalar.init)))
        let read = try JSONDecoder().decode([String].self, from: Data(JSONValue.array([.text(text)]).pretty.utf8))
        #expect(read.map { Array($0.utf8) } == [Array(text.utf8)])
    }
}

@Suite("Text of others on a terminal")
struct TerminalTextTests {
    @Test(
        "What could drive the terminal is shown instead",
        arguments: [
            ("plain é ☃ 🦊", "plain é ☃ 🦊"), ("\u{1b}[31mred", "\\x1b[31mred"), ("a\rb", "a\\rb"),
            ("\u{0}\u{7}", "\\x00\\x07"),
            ("\u{7f}", "\\x7f"), ("\u{9b}31m", "\\x9b31m"), ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"), ("\u{200f}", "\\u{200f}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            ("\u{feff}\u{200b}", "\\u{feff}\\u{200b}"), ("a\tb", "a\tb"), ("👩\u{200d}🚀", "👩\u{200d}🚀"),
            ("\r\n", "\\r\\n"),
            ("a\nb", "a\\nb"), ("\u{ad}", "\\xad"), ("\u{61c}", "\\u{61c}"),
        ]
    )
    func line(text: String, shown: String) {
        #expect(TerminalText.line(text) == shown)
    }

    @Test("Every line of a block is indented, so that none can pass for ours")
    func block() {
        #expect(TerminalText.block("a\n\nfrom bob\r\nx\u{85}y", indent: "  ") == "  a\n  \n  from bob\\r\n  x\\x85y")
        #expect(TerminalText.block("", indent: "  ") == "  ")
    }

    @Test("Messages keep their own lines")
    func message() {
        #expect(TerminalText.message("one\n  two\u{1b}") == "one\n  two\\x1b")
    }
}

@Suite("Times")
struct ShownTimeTests {
    @Test(
        "A time is shown in UTC, a year that doesn't exist as a number",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_795_429_926, "2026-11-23T10:32:06Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (253_402_300_800, "253402300800"),
            (.max, "18446744073709551615"),
        ] as [(UInt64, String)]
    )
    func text(seconds: UInt64, shown: String) {
        #expect(ShownTime.text(UnixSeconds(rawValue: seconds)) == shown)
    }
}
