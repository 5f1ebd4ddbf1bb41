package import DMPProtocol
package import Foundation
package import Logging

/// The file in which the Python client of the same folder notes what it has delivered.
///
/// Entries that can't be read are skipped; a file that is no such array is kept aside. See ``ReplayFileText``.
package struct ReplayFile: Sendable {
    package struct Entry: Hashable, Sendable {
        package let key: ReplayCache.Key
        package let expires: UnixSeconds
    }

    /// Files beyond this are not read: a hundred thousand entries.
    static let largestByteCount = 20_000_000

    private let url: URL
    private let lock: FolderLock

    package init(folder: URL) {
        self.url = folder.appending(path: "replay_cache.json")
        self.lock = FolderLock(folder: folder)
    }

    package func entries(now: UnixSeconds, logger: Logger) async throws -> [Entry] {
        try await BlockingWork.run { try self.read(now: now, logger: logger) }
    }

    package func add(_ entries: [Entry], now: UnixSeconds, logger: Logger) async throws {
        try await BlockingWork.run { try self.merge(entries, now: now, logger: logger) }
    }

    package func read(now: UnixSeconds, logger: Logger) throws(MeshError) -> [Entry] {
        guard FileManager.default.fileExists(atPath: self.url.path) else { return [] }
        do {
            guard let entries = try self.parsed() else {
                let aside = self.url.appendingPathExtension("broken-\(now.rawValue)")
                try FileManager.default.moveItem(at: self.url, to: aside)
                logger.warning("\(self.url.path) is damaged; kept as \(aside.path), a new one will be made")
                return []
            }
            return entries
        } catch {
            throw MeshError(
                .storeUnusable,
                "can't use \(self.url.path): \(PrivateFile.reason(error)); check its rights",
                underlying: error
            )
        }
    }

    /// Adds the entries to those in the file, the later expiry winning, and drops those that have expired.
    package func merge(_ entries: [Entry], now: UnixSeconds, logger: Logger) throws(MeshError) {
        do {
            try self.lock.withLock {
                var merged: [ReplayCache.Key: UnixSeconds] = [:]
                let before = try self.read(now: now, logger: logger)
                for entry in before + entries where entry.expires >= now {
                    merged[entry.key] = max(merged[entry.key] ?? entry.expires, entry.expires)
                }
                let old = Dictionary(before.map { ($0.key, $0.expires) }, uniquingKeysWith: max)
                guard merged != old else { return }
                let lines = merged.map { ReplayFileText.Line(sender: $0.sender, message: $0.message, expires: $1) }
                try PrivateFile.replace(self.url, with: ReplayFileText.text(lines))
            }
        } catch let error as MeshError {
            throw error
        } catch {
            throw MeshError(
                .storeUnusable,
                "can't write \(self.url.path): \(PrivateFile.reason(error)); check its rights and the disk",
                underlying: error
            )
        }
    }

    /// - Returns: `nil` for a file that is too large, which is not read, or no JSON array.
    private func parsed() throws -> [Entry]? {
        let handle = try FileHandle(forReadingFrom: self.url)
        defer { try? handle.close() }
        guard try handle.seekToEnd() <= Self.largestByteCount else { return nil }
        try handle.seek(toOffset: 0)
        return ReplayFileText.parse(try handle.readToEnd() ?? Data())?.map { line in
            Entry(key: ReplayCache.Key(sender: line.sender, message: line.message), expires: line.expires)
        }
    }
}
