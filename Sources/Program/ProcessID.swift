import Glibc

/// This process's number.
public enum ProcessID {
    public static var current: Int32 { getpid() }
}
