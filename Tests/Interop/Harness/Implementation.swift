import DMPTesting
import Foundation
import Testing

/// Who plays a part: this package, or the Python reference.
enum Implementation: String, CaseIterable, CustomTestStringConvertible {
    case ours
    case reference

    var testDescription: String { self.rawValue }

    /// The `dnsmesh` command.
    var command: URL {
        get throws {
            switch self {
            case .ours: try Self.built("dnsmesh")
            case .reference: try Self.referencePrograms.appending(path: "dnsmesh")
            }
        }
    }

    /// The folder of the reference's programs: `bin` of the virtual environment that `DMP_REF_VENV` names.
    static var referencePrograms: URL {
        get throws {
            guard let environment = ProcessInfo.processInfo.environment["DMP_REF_VENV"], !environment.isEmpty else {
                throw Program.Failure(what: "DMP_REF_VENV names no virtual environment with the reference")
            }
            return URL(fileURLWithPath: environment, isDirectory: true).appending(path: "bin")
        }
    }

    /// True if the reference is at hand; `scripts/test` sees to that.
    static var referenceIsAvailable: Bool {
        ProcessInfo.processInfo.environment["DMP_REF_VENV"]?.isEmpty == false
    }

    /// A program that was built with the tests, in the folder of the running test program.
    static func built(_ name: String) throws -> URL {
        let place = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let program = place.appending(path: name)
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            throw Program.Failure(what: "there is no \(name) beside the tests, in \(place.path)")
        }
        return program
    }

    /// A script of `Drivers` that runs the reference's library.
    static func driver(_ name: String) -> URL {
        projectRoot.appending(path: "Tests/Interop/Drivers").appending(path: name)
    }
}
