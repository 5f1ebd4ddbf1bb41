import DMPCrypto
import Foundation
import Synchronization

/// Tells the processes that send from one folder whether the others are still there, so that what one left behind when it
/// died is taken over at once.
protocol SendingPresence: Sendable {
    /// An operation begins that may work on entries of the outbox.
    func begin()
    func end()
    /// The mark of this process, for what it works on; 0 if it can have none. Only between ``begin()`` and ``end()``.
    func mark() -> Int64
    /// Whether the process that made a mark is gone for sure, or done.
    func isGone(_ mark: Int64) -> Bool
}

extension SendingPresence {
    func during<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        self.begin()
        defer { self.end() }
        return try await body()
    }
}

/// For files that no other process has.
struct SolePresence: SendingPresence {
    func begin() {}
    func end() {}
    func mark() -> Int64 { 0 }
    func isGone(_ mark: Int64) -> Bool { false }
}

/// A file of its own for each process that sends, locked for as long as it does. The system takes the lock from a process
/// that dies.
final class FolderPresence: SendingPresence {
    private struct State {
        var operations = 0
        var mark: Int64 = 0
        var descriptor: Int32?
    }

    private let folder: URL
    private let state = Mutex(State())

    init(folder: URL) { self.folder = folder }

    deinit { if let descriptor = self.state.withLock(\.descriptor) { close(descriptor) } }

    func begin() { self.state.withLock { $0.operations += 1 } }

    func end() {
        self.state.withLock { state in
            state.operations -= 1
            guard state.operations == 0, let descriptor = state.descriptor else { return }
            self.removeFile(state.mark)
            close(descriptor)
            (state.mark, state.descriptor) = (0, nil)
        }
    }

    func mark() -> Int64 {
        self.state.withLock { state in
            if state.descriptor != nil { return state.mark }
            let mark = Int64.random(in: 1...Int64.max)
            // Without the file, entries are free again when their time has run out.
            guard let descriptor = try? SecretFile.open(self.file(mark).path, creating: .exclusively) else { return 0 }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                self.removeFile(mark)
                return 0
            }
            (state.mark, state.descriptor) = (mark, descriptor)
            return mark
        }
    }

    func isGone(_ mark: Int64) -> Bool {
        let file = self.file(mark)
        guard FileManager.default.fileExists(atPath: file.path) else { return true }
        guard let handle = FileHandle(forReadingAtPath: file.path) else { return false }
        guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
        self.removeFile(mark)
        return true
    }

    private func file(_ mark: Int64) -> URL {
        self.folder.appending(path: ".sending-\(String(mark, radix: 16)).lock")
    }

    /// One that stays is empty, and goes when the next process looks whose it was.
    private func removeFile(_ mark: Int64) {
        do { try FileManager.default.removeItem(at: self.file(mark)) } catch {}
    }
}
