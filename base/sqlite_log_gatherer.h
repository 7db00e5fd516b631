#pragma once

#include <string>

#include <sqlite3.h>

namespace tollgate {

// A SQLite VFS over another one, for the connection that writes: what is written to the
// write-ahead log is gathered and goes out as one write when the log is synced. SQLite itself
// writes each page in two pieces, and for a batch of callbacks these calls cost as much as the rest
// of the commit.
//
// Sound because of what SQLite does in WAL mode with synchronous=FULL (no less): nobody else reads
// a frame of the log before the commit has synced it, and what the writer itself reads back goes
// out first. A write that fails is told at the sync, so before the commit counts.
class LogGatherer {
public:
    // `base` names the VFS under it; nullptr: the system's.
    explicit LogGatherer(const char* base);
    LogGatherer(const LogGatherer&) = delete;
    LogGatherer& operator=(const LogGatherer&) = delete;
    ~LogGatherer();  // After the last connection that uses it.

    const char* name() const { return name_.c_str(); }

    // The VFS as SQLite sees it, and the one under it.
    struct Vfs : sqlite3_vfs {
        sqlite3_vfs* base;
    };

private:
    std::string name_;
    Vfs vfs_{};
};

}  // namespace tollgate
