public import DMPProtocol
import Foundation

extension UnixSeconds {
    /// The wall clock of this machine, in whole seconds, rounded down.
    public static func systemTime() -> UnixSeconds {
        UnixSeconds(rawValue: UInt64(max(0, Date.now.timeIntervalSince1970)))
    }
}
