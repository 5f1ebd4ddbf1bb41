import ArgumentParser
import DMPTesting
import Foundation
import Testing

@testable import DNSMeshCommands

@Suite("Help")
struct HelpTests {
    private static let commands: [any ParsableCommand.Type] = [
        DNSMeshCommand.self, InitCommand.self, IdentityCommand.self, IdentityCommand.Show.self,
        IdentityCommand.Publish.self, IdentityCommand.RefreshPrekeys.self, IdentityCommand.Fetch.self,
        IdentityCommand.Rotate.self, ContactsCommand.Rotation.self,
        ContactsCommand.self, ContactsCommand.Add.self, ContactsCommand.List.self, ContactsCommand.Remove.self,
        ContactsCommand.Show.self, ContactsCommand.Verify.self, ContactsCommand.Rename.self,
        ContactsCommand.Export.self, ContactsCommand.Import.self,
        SendCommand.self, ReceiveCommand.self, InboxCommand.self, InboxCommand.List.self, InboxCommand.Show.self,
        IntroCommand.self, IntroCommand.List.self, IntroCommand.Show.self, IntroCommand.Accept.self,
        IntroCommand.Trust.self, IntroCommand.Block.self, IntroCommand.Blocked.self, IntroCommand.Unblock.self,
        IntroCommand.Purge.self,
        NodeCommand.self, ResolversCommand.self, ResolversCommand.Discover.self, ResolversCommand.List.self,
        ClusterCommand.self, ClusterCommand.Pin.self, ClusterCommand.Fetch.self, ClusterCommand.Enable.self,
        ClusterCommand.Disable.self, ClusterCommand.Status.self,
        BootstrapCommand.self, BootstrapCommand.Pin.self, BootstrapCommand.Fetch.self, BootstrapCommand.Discover.self,
        OperatorCommand.self, OperatorCommand.Keygen.self, OperatorCommand.Show.self, ClusterCommand.Sign.self,
        BootstrapCommand.Sign.self,
        BackupCommand.self, BackupCommand.Create.self, BackupCommand.Restore.self,
    ]

    /// All help pages, one behind the other. `DMP_UPDATE_SNAPSHOTS=1` writes it anew.
    private static let snapshot = projectRoot.appending(path: "Tests/Snapshots/help.txt")

    @Test("The help pages are those of the snapshot")
    func pages() throws {
        let pages =
            Self.commands.map { command in
                DNSMeshCommand.helpMessage(for: command, includeHidden: false, columns: 100)
            }.joined(separator: "\n\n---\n\n") + "\n"
        if ProcessInfo.processInfo.environment["DMP_UPDATE_SNAPSHOTS"] == "1" {
            try Data(pages.utf8).write(to: Self.snapshot)
        }
        #expect(try String(contentsOf: Self.snapshot, encoding: .utf8) == pages)
    }

    @Test("Every command says what it is for, and each option what it does")
    func completeness() {
        for command in Self.commands {
            #expect(!command.configuration.abstract.isEmpty, "\(command)")
        }
    }

    @Test("Every command states its name: to work it out takes longer than all else at start")
    func names() {
        for command in Self.commands {
            #expect(command.configuration.commandName != nil, "\(command)")
            let known = command.configuration.subcommands.allSatisfy { verb in Self.commands.contains { $0 == verb } }
            #expect(known, "a command of \(command) is missing above")
        }
    }

    @Test("A wrong setting of the node is named, with exit 1")
    func nodeSettings() async throws {
        try await withTestFolder { folder in
            let user = TestUser(folder: folder, environment: ["DMP_DNS_PORT": "x"])
            let outcome = await user.run("node", "--db-path", folder.appending(path: "node.db").path)
            #expect(outcome.code == .userError)
            #expect(outcome.errors.contains("DMP_DNS_PORT"), "\(outcome)")
            var open = user
            open.environment = ["DMP_HTTP_HOST": "0.0.0.0"]
            let refused = await open.run("node", "--db-path", folder.appending(path: "node.db").path)
            #expect(refused.code == .userError)
            #expect(refused.errors.contains("DMP_OPERATOR_TOKEN"), "\(refused)")
        }
    }
}
