/// Why a record store can't be opened. Each description is one line.
package enum RecordStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The folder of the database can't be made.
    case folder(String, reason: String)
    /// The file is no database, can't be read or written, or is damaged. It is left as it is.
    case unreadable(String, reason: String)
    /// A later version of the program wrote the file.
    case newerSchema(String, found: Int, known: Int)

    package var description: String {
        switch self {
        case .folder(let path, let reason):
            "can't make the folder \(path) for the record database: \(reason); choose another place with DMP_DB_PATH"
        case .unreadable(let path, let reason):
            "can't open the record database \(path): \(reason)"
        case .newerSchema(let path, let found, let known):
            "the record database \(path) has schema \(found), but this version knows schemas up to \(known): "
                + "use a newer dnsmesh"
        }
    }
}
