import DMPNetwork
import DMPProtocol
import DNSMesh

extension IdentityStanding {
    /// Says what the user should do to stay reachable. Only commands that are about being reached speak of what was
    /// never in order.
    func describe(to console: Console, asRecipient: Bool) {
        for note in self.notes(asRecipient: asRecipient) { console.message(note) }
    }

    func notes(asRecipient: Bool) -> [String] {
        var notes: [String] = []
        if self.isLowOnPrekeys, self.usesPrekeys || asRecipient && self.identityExpires != nil {
            let left =
                self.livePrekeys == 0
                ? "no one-time keys are published, so messages to you have no forward secrecy"
                : "only \(self.livePrekeys) of \(self.prekeyTarget) one-time keys are left"
            notes.append("\(left); run `dnsmesh identity refresh-prekeys`")
        }
        switch self.identityEndsIn {
        case nil: break
        case 0: notes.append("your identity record has expired; run `dnsmesh identity publish`")
        case .some(let left):
            notes.append("your identity record expires in \(Self.text(seconds: left)); run `dnsmesh identity publish`")
        }
        return notes
    }

    private static func text(seconds: UInt64) -> String {
        switch seconds {
        case 0..<120: "\(seconds) seconds"
        case ..<7_200: "\(seconds / 60) minutes"
        default: "\(seconds / 3_600) hours"
        }
    }
}

extension CopySigns {
    /// One line: what was seen, what it means, what to do. `nil` if there is nothing to say.
    var note: String? {
        var signs: [String] = []
        if self.foreign > 0 { signs.append("\(self.foreign) published under your key were not made in this folder") }
        if self.vanished > 0 { signs.append("\(self.vanished) made here were withdrawn by somebody else") }
        guard !signs.isEmpty else { return nil }
        return
            "warning: of your one-time keys \(signs.joined(separator: ", and ")): another copy of your identity seems "
            + "to be in use, and each copy loses messages that only the other can open; use one copy only, then run "
            + "`dnsmesh identity refresh-prekeys --replace` there"
    }
}

extension UpkeepReport {
    /// What went wrong, and what was found. That all is well is not worth a line.
    var notes: [String] {
        var notes = self.failures.map { "warning: \($0.message); it will be tried again" }
        if let failure = self.prekeys?.failures.first {
            notes.append(
                "warning: not all one-time keys could be published: \(failure.message); it will be tried again"
            )
        }
        if let note = self.copies?.note { notes.append(note) }
        return notes
    }
}
