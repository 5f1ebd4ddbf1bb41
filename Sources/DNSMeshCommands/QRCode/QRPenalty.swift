/// How hard a QR code is to scan: the four rules by which a mask is chosen.
enum QRPenalty {
    private static let size = QRCode.size
    /// What looks like a finder: light, light, light, light, then dark in the rhythm 1-1-3-1-1.
    private static let finder = [false, false, false, false, true, false, true, true, true, false, true]

    static func score(_ modules: [Bool]) -> Int {
        let rows = (0..<self.size).map { row in (0..<self.size).map { modules[row * self.size + $0] } }
        let columns = (0..<self.size).map { column in (0..<self.size).map { modules[$0 * self.size + column] } }
        let lines = (rows + columns).map { self.runs($0) + self.finders($0) }.reduce(0, +)
        return lines + self.squares(rows) + self.imbalance(modules)
    }

    /// Five or more alike in a line.
    private static func runs(_ line: [Bool]) -> Int {
        var (score, length) = (0, 1)
        for index in 1..<line.count {
            length = line[index] == line[index - 1] ? length + 1 : 1
            if length == 5 { score += 3 } else if length > 5 { score += 1 }
        }
        return score
    }

    private static func finders(_ line: [Bool]) -> Int {
        (0...(line.count - self.finder.count)).count { start in
            let part = line[start..<start + self.finder.count]
            return part.elementsEqual(self.finder) || part.elementsEqual(self.finder.reversed())
        } * 40
    }

    /// Squares of two by two alike.
    private static func squares(_ rows: [[Bool]]) -> Int {
        var score = 0
        for row in 1..<self.size {
            for column in 1..<self.size {
                let corner = rows[row][column]
                let isAlike =
                    rows[row - 1][column] == corner && rows[row][column - 1] == corner
                    && rows[row - 1][column - 1] == corner
                if isAlike { score += 3 }
            }
        }
        return score
    }

    /// Ten for each five per cent by which the dark modules are more or less than half.
    private static func imbalance(_ modules: [Bool]) -> Int {
        let dark = modules.count { $0 }
        return abs(dark * 20 - modules.count * 10) / modules.count * 10
    }
}
