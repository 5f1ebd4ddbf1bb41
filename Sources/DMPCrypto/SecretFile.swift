#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#else
    private import Darwin
#endif

/// Files that hold secrets: nobody but their owner may read them, from the first byte on.
///
/// The system calls stand here because a path reaches them as a pointer, and pointers stay inside this target.
package enum SecretFile {
    /// The number that the system gave as the reason of a failure.
    package struct Failure: Error, Hashable, Sendable {
        package let errorNumber: Int32

        package init(errorNumber: Int32) {
            self.errorNumber = errorNumber
        }
    }

    /// How a file is opened.
    package enum Creation: Sendable {
        /// Opens the file that is there, or makes an empty one of mode 0600.
        case ifMissing
        /// Makes an empty file of mode 0600; fails if there is one.
        case exclusively
    }

    /// Opens a file for reading and writing.
    ///
    /// - Returns: The file descriptor, which the caller closes.
    package static func open(_ path: String, creating creation: Creation) throws(Failure) -> Int32 {
        let exclusive = creation == .exclusively ? O_EXCL : 0
        while true {
            #if canImport(Glibc)
                let descriptor = unsafe Glibc.open(path, O_CREAT | O_RDWR | O_CLOEXEC | exclusive, 0o600)
            #elseif canImport(Musl)
                let descriptor = unsafe Musl.open(path, O_CREAT | O_RDWR | O_CLOEXEC | exclusive, 0o600)
            #else
                let descriptor = unsafe Darwin.open(path, O_CREAT | O_RDWR | O_CLOEXEC | exclusive, 0o600)
            #endif
            if descriptor >= 0 { return descriptor }
            guard errno == EINTR else { throw Failure(errorNumber: errno) }
        }
    }

    /// What the system knows about a file. Foundation's way to it asks for the names of owner and group as well, in all
    /// sources of users that the system has.
    package struct Status: Hashable, Sendable {
        package let isRegularFile: Bool
        /// The nine bits of who may read, write and enter.
        package let permissions: UInt32
        /// Two paths of one disk with the same number are the same file.
        package let number: UInt64
        package let byteCount: Int64
        /// Unix time in whole seconds, and the nanoseconds beyond.
        package let modifiedSeconds: Int64
        package let modifiedNanoseconds: Int64
    }

    /// The status of the file that the path leads to, through symbolic links.
    package static func status(_ path: String) throws(Failure) -> Status {
        var found = stat()
        guard unsafe stat(path, &found) == 0 else { throw Failure(errorNumber: errno) }
        #if canImport(Darwin)
            let modified = found.st_mtimespec
        #else
            let modified = found.st_mtim
        #endif
        return Status(
            isRegularFile: found.st_mode & S_IFMT == S_IFREG,
            permissions: UInt32(found.st_mode & 0o777),
            number: UInt64(found.st_ino),
            byteCount: Int64(found.st_size),
            modifiedSeconds: Int64(modified.tv_sec),
            modifiedNanoseconds: Int64(modified.tv_nsec)
        )
    }

    /// Puts the file in the place of another in one step.
    package static func rename(_ path: String, to target: String) throws(Failure) {
        #if canImport(Glibc)
            let code = unsafe Glibc.rename(path, target)
        #elseif canImport(Musl)
            let code = unsafe Musl.rename(path, target)
        #else
            let code = unsafe Darwin.rename(path, target)
        #endif
        guard code == 0 else { throw Failure(errorNumber: errno) }
    }

    /// Writes the folder's list of names to the disk, so that a rename in it survives a loss of power.
    package static func synchronizeFolder(_ path: String) throws(Failure) {
        #if canImport(Glibc)
            let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        #elseif canImport(Musl)
            let descriptor = unsafe Musl.open(path, O_RDONLY | O_CLOEXEC)
        #else
            let descriptor = unsafe Darwin.open(path, O_RDONLY | O_CLOEXEC)
        #endif
        guard descriptor >= 0 else { throw Failure(errorNumber: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure(errorNumber: errno) }
    }
}
