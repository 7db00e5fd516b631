#pragma once

#include <map>
#include <memory>
#include <string>

#include <sqlite3.h>

#include "base/clock.h"
#include "tests/simulation/memory_disk.h"

namespace tollgate::simulation {

// What connections to one file share: SQLite's locks, and the log's index in shared memory.
struct SharedFile;

// Puts SQLite onto a MemoryDisk. Everything in memory, one thread; a dead process's writes go
// nowhere and its calls fail, so that it can be taken apart in order.
class MemoryVfs {
public:
    MemoryVfs(MemoryDisk& disk, Clock& clock);
    MemoryVfs(const MemoryVfs&) = delete;
    MemoryVfs& operator=(const MemoryVfs&) = delete;
    ~MemoryVfs();

    const char* name() const { return name_.c_str(); }
    int open_handles() const { return open_handles_; }

    // For the VFS's own functions.
    MemoryDisk& disk() { return disk_; }
    Clock& clock() { return clock_; }
    std::shared_ptr<SharedFile> share(const std::string& file_name);
    void count_handle(int change) { open_handles_ += change; }

private:
    MemoryDisk& disk_;
    Clock& clock_;
    std::string name_;
    sqlite3_vfs vfs_{};
    std::map<std::string, std::weak_ptr<SharedFile>> shared_;
    int open_handles_ = 0;
};

}  // namespace tollgate::simulation
