import Testing

@testable import DMPProtocol

@Suite("Subjects of rotations and revocations")
struct KeySubjectTests {
    @Test(
        "Case of the host and one dot at its end change nothing; the user and the kind count exactly",
        arguments: [
            (.user, "alice@example.com", .user, "alice@EXAMPLE.com.", true),
            (.user, "alice@example.com", .user, "Alice@example.com", false),
            (.user, "alice@example.com", .user, "alice@example.org", false),
            (.cluster, "Mesh.example.com", .cluster, "mesh.example.com.", true),
            (.cluster, "mesh.example.com", .bootstrap, "mesh.example.com", false),
            // The same letters, composed and not: other bytes, so another user.
            (.user, "j\u{fc}rgen@a", .user, "ju\u{308}rgen@a", false),
        ] as [(KeySubject.Kind, String, KeySubject.Kind, String, Bool)]
    )
    func comparison(kind: KeySubject.Kind, text: String, otherKind: KeySubject.Kind, other: String, same: Bool) throws {
        #expect(try KeySubject(kind, text).isSame(as: KeySubject(otherKind, other)) == same)
    }

    @Test("What is written is kept")
    func text() throws {
        #expect(try KeySubject(.user, "Al Ice@Example.com.").text == "Al Ice@Example.com.")
        #expect(try KeySubject(.cluster, "A.b.").text == "A.b.")
    }

    @Test(
        "A subject that nobody would type is none",
        arguments: [
            (.user, ""), (.user, "a"), (.user, "@a"), (.user, "a@"), (.user, "a@b@c"), (.user, "a@."), (.user, "a@b.."),
            (.user, " a@b"), (.user, "a @b"), (.user, "a@ b"), (.user, "a@b\n"), (.user, "a\u{0}@b"),
            (.user, "a\u{9b}@b"),
            (.user, "a\u{2028}b@c"), (.user, "a\u{2029}b@c"), (.user, "a@\u{301}b"), (.user, "a@b_c"),
            (.user, String(repeating: "u", count: 254) + "@a"), (.cluster, ""), (.cluster, "."), (.cluster, "a.."),
            (.cluster, "a@b"), (.cluster, String(repeating: "a.", count: 32) + "a"), (.bootstrap, "_dmp.a"),
            (.bootstrap, "a b"),
        ] as [(KeySubject.Kind, String)]
    )
    func refusals(kind: KeySubject.Kind, text: String) {
        #expect(throws: WireError.body(.subject)) { try KeySubject(kind, text) }
    }

    @Test("White space around the halves goes from what was typed, and only that")
    func trimming() throws {
        #expect(try KeySubject(.user, trimming: " alice @\texample.com \n").text == "alice@example.com")
        #expect(throws: WireError.body(.subject)) { try KeySubject(.cluster, trimming: " mesh") }
        #expect(throws: WireError.body(.subject)) { try KeySubject(.user, trimming: " @a") }
        #expect(throws: WireError.body(.subject)) { try KeySubject(.user, trimming: "a") }
        #expect(throws: WireError.body(.subject)) { try KeySubject(.user, trimming: "a@b..") }
    }
}
