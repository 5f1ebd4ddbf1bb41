import GRDB

// What the stores ask again and again is prepared once for each open file.

extension Database {
    func execute(cached sql: String, arguments: StatementArguments = StatementArguments()) throws {
        try self.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension Row {
    static func fetchAll(
        _ database: Database,
        cached sql: String,
        arguments: StatementArguments = StatementArguments()
    ) throws -> [Row] {
        try self.fetchAll(try database.cachedStatement(sql: sql), arguments: arguments)
    }

    static func fetchOne(
        _ database: Database,
        cached sql: String,
        arguments: StatementArguments = StatementArguments()
    ) throws -> Row? {
        try self.fetchOne(try database.cachedStatement(sql: sql), arguments: arguments)
    }
}

extension DatabaseValueConvertible {
    static func fetchAll(
        _ database: Database,
        cached sql: String,
        arguments: StatementArguments = StatementArguments()
    ) throws -> [Self] {
        try self.fetchAll(try database.cachedStatement(sql: sql), arguments: arguments)
    }

    static func fetchOne(
        _ database: Database,
        cached sql: String,
        arguments: StatementArguments = StatementArguments()
    ) throws -> Self? {
        try self.fetchOne(try database.cachedStatement(sql: sql), arguments: arguments)
    }
}
