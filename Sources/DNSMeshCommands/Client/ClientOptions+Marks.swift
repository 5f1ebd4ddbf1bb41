import DMPProtocol
import DNSMesh
import Foundation

extension ClientOptions {
    /// The names of the contacts whose safety code was compared.
    ///
    /// Only this identity's keys can tell. Nobody is asked for a passphrase for it: where none is at hand the answer is
    /// `nil`, and a line on standard error says so.
    func verifiedNames(among entries: [ContactEntry]) async throws -> Set<String>? {
        guard let stores = try await self.storesIfAny(), try await Verifications.areKept(in: stores) else { return [] }
        let contacts = entries.compactMap(\.contact)
        var context = CommandContext.current
        context.terminal = nil
        return try await CommandContext.$current.withValue(context) {
            do {
                return try await self.withClient(.none) { try await $0.verifications.names(among: contacts) }
            } catch let failure as CommandFailure {
                context.console.message("which contacts are verified isn't known: \(failure.message)")
                return nil
            }
        }
    }

    /// The stores of the folder, unless no command has made them yet.
    func storesIfAny() async throws -> MeshStores? {
        let folder = self.home.folder
        guard FileManager.default.fileExists(atPath: folder.appending(path: "state.db").path) else { return nil }
        let (now, logger) = (CommandContext.current.now(), CommandContext.current.logger)
        return try await BlockingWork.run { try MeshStores.directory(folder, now: now, logger: logger) }
    }

    /// The entry of that name, and its contact.
    func contact(named name: String) throws(CommandFailure) -> (entry: ContactEntry, contact: Contact) {
        guard let entry = try self.configurationFile.load().contacts.first(where: { $0.label == name }) else {
            throw .unknownContact(name)
        }
        guard let contact = entry.contact else {
            throw .user("the keys of contact `\(name)` can't be used; remove it, then add it again")
        }
        return (entry, contact)
    }
}

extension CommandFailure {
    static func unknownContact(_ name: String) -> CommandFailure {
        .user("unknown contact `\(name)`; see `dnsmesh contacts list`")
    }
}
