#pragma once

#include <atomic>
#include <string>

#include <sqlite3.h>

namespace tollgate::testing {

// A SQLite VFS over the real one that can fail on demand: real files, broken disk.
class FaultyDisk {
public:
    enum class Fault { none, full, write_error, sync_error, file_sync_error };

    FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;
    ~FaultyDisk();

    const char* name() const { return name_.c_str(); }

    // From now on the `nth` write (or sync) to a write-ahead log fails, and `times - 1` after it;
    // file_sync_error: the syncs of the database itself.
    void fail(Fault fault, int nth = 1, int times = 1'000'000);
    void heal() { fault_ = Fault::none; }

    // The code to give back for this write or sync; SQLITE_OK to go on.
    int on_write();
    int on_sync(bool of_log);

private:
    int strike(int code);

    std::string name_;
    sqlite3_vfs vfs_{};
    std::atomic<Fault> fault_ = Fault::none;
    std::atomic<int> countdown_ = 0;
    std::atomic<int> strikes_left_ = 0;
};

}  // namespace tollgate::testing
