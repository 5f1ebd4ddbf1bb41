/// Why a file isn't taken for a backup, or can't be opened.
package enum BackupError: Error, Hashable, Sendable {
    /// It doesn't start like a backup.
    case foreign
    /// It was made by a newer version; the value is the number of its format.
    case newerVersion(UInt8)
    /// It has fewer bytes than its header says.
    case truncated
    /// Its header asks for more memory or time than any backup needs.
    case excessiveCost
    /// The passphrase is another one; or the header was changed.
    case wrongPassphrase
    /// Bytes were changed, added or taken away.
    case damaged
    /// It names a file that no backup holds, or one twice, or lacks the one that makes an identity.
    case unexpectedContents(String)
    /// The system's reason why it can't be read or written.
    case file(String)
}
