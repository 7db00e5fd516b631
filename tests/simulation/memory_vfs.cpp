#include "tests/simulation/memory_vfs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace tollgate::simulation {

struct SharedFile {
    int sharers = 0;  // Handles with a SHARED lock or more.
    const void* reserved_by = nullptr;
    const void* pending_by = nullptr;
    const void* exclusive_by = nullptr;
    std::vector<std::unique_ptr<char[]>> index;  // Gone with the last connection.
    std::array<int, SQLITE_SHM_NLOCK> index_sharers{};
    std::array<const void*, SQLITE_SHM_NLOCK> index_owner{};
    int index_users = 0;
};

namespace {

constexpr std::int64_t kUnixEpochInJulianMs = 210'866'760'000'000;

// Our file: SQLite's header, then what we know of it. Built in the memory that SQLite gives.
struct Handle {
    sqlite3_file base;
    MemoryVfs* vfs;
    std::shared_ptr<DiskFile> file;
    std::shared_ptr<SharedFile> shared;
    std::string removed_at_close;
    int lock;
    bool uses_index;
    unsigned index_shared;  // A bit for each lock.
    unsigned index_owned;
};

Handle* ours(sqlite3_file* file) {
    return reinterpret_cast<Handle*>(file);
}

MemoryDisk& disk_of(sqlite3_file* file) {
    return ours(file)->vfs->disk();
}

int unlock_file(Handle& handle, int level) {
    SharedFile& shared = *handle.shared;
    if (shared.exclusive_by == &handle) shared.exclusive_by = nullptr;
    if (shared.pending_by == &handle) shared.pending_by = nullptr;
    if (level <= SQLITE_LOCK_SHARED && shared.reserved_by == &handle) shared.reserved_by = nullptr;
    if (level == SQLITE_LOCK_NONE && handle.lock >= SQLITE_LOCK_SHARED) --shared.sharers;
    handle.lock = level;
    return SQLITE_OK;
}

bool held_by_other(const void* owner, const Handle& handle) {
    return owner != nullptr && owner != &handle;
}

int lock_file(Handle& handle, int level) {
    SharedFile& shared = *handle.shared;
    if (handle.lock >= level) return SQLITE_OK;
    if (level == SQLITE_LOCK_SHARED) {
        if (held_by_other(shared.pending_by, handle) || held_by_other(shared.exclusive_by, handle))
            return SQLITE_BUSY;
        ++shared.sharers;
    } else if (level == SQLITE_LOCK_RESERVED) {
        if (held_by_other(shared.reserved_by, handle)) return SQLITE_BUSY;
        shared.reserved_by = &handle;
    } else {
        if (held_by_other(shared.pending_by, handle) || held_by_other(shared.reserved_by, handle))
            return SQLITE_BUSY;
        shared.pending_by = &handle;
        if (shared.sharers > 1) return SQLITE_BUSY;
        shared.exclusive_by = &handle;
    }
    handle.lock = level;
    return SQLITE_OK;
}

void leave_index(Handle& handle) {
    if (!handle.uses_index) return;
    SharedFile& shared = *handle.shared;
    for (unsigned i = 0; i < SQLITE_SHM_NLOCK; ++i) {
        if ((handle.index_shared >> i & 1U) != 0) --shared.index_sharers.at(i);
        if ((handle.index_owned >> i & 1U) != 0) shared.index_owner.at(i) = nullptr;
    }
    handle.index_shared = handle.index_owned = 0;
    handle.uses_index = false;
    if (--shared.index_users == 0) shared.index.clear();
}

int close_file(sqlite3_file* file) {
    Handle& handle = *ours(file);
    leave_index(handle);
    unlock_file(handle, SQLITE_LOCK_NONE);
    if (!handle.removed_at_close.empty()) handle.vfs->disk().remove(handle.removed_at_close);
    handle.vfs->count_handle(-1);
    handle.~Handle();
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    if (disk_of(file).frozen()) return SQLITE_IOERR_READ;
    const std::string& bytes = ours(file)->file->bytes();
    const auto from = std::min(static_cast<std::size_t>(at), bytes.size());
    const auto wanted = static_cast<std::size_t>(size);
    const std::size_t there = std::min(wanted, bytes.size() - from);
    std::memcpy(to, bytes.data() + from, there);
    if (there == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
    switch (disk_of(file).next_write()) {
        case MemoryDisk::Fate::well: ours(file)->file->write(at, bytes); return SQLITE_OK;
        case MemoryDisk::Fate::fails_full: return SQLITE_FULL;
        case MemoryDisk::Fate::fails: return SQLITE_IOERR_WRITE;
        case MemoryDisk::Fate::frozen: return SQLITE_IOERR_WRITE;
        case MemoryDisk::Fate::dies: break;
    }
    // Killed in the middle of it.
    ours(file)->file->write(at, bytes.substr(0, disk_of(file).dice().below(bytes.size() + 1)));
    return SQLITE_IOERR_WRITE;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    if (!disk_of(file).takes_writes()) return SQLITE_IOERR_TRUNCATE;
    ours(file)->file->truncate(size);
    return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int /*flags*/) {
    switch (disk_of(file).next_sync()) {
        case MemoryDisk::Fate::well: ours(file)->file->sync(); return SQLITE_OK;
        case MemoryDisk::Fate::dies:
            // Before or after it took effect.
            if (disk_of(file).dice().chance(500)) ours(file)->file->sync();
            return SQLITE_IOERR_FSYNC;
        case MemoryDisk::Fate::fails:
        case MemoryDisk::Fate::fails_full: ours(file)->file->fail_sync(disk_of(file).dice()); break;
        case MemoryDisk::Fate::frozen: break;
    }
    return SQLITE_IOERR_FSYNC;
}

int map_index(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
    Handle& handle = *ours(file);
    if (!handle.uses_index) {
        handle.uses_index = true;
        ++handle.shared->index_users;
    }
    auto& regions = handle.shared->index;
    const auto wanted = static_cast<std::size_t>(region);
    *out = nullptr;
    if (regions.size() <= wanted && extend == 0) return SQLITE_OK;
    while (regions.size() <= wanted) {
        regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
    }
    *out = regions[wanted].get();
    return SQLITE_OK;
}

int lock_index(sqlite3_file* file, int offset, int count, int flags) {
    Handle& handle = *ours(file);
    SharedFile& shared = *handle.shared;
    const auto first = static_cast<unsigned>(offset);
    const unsigned end = first + static_cast<unsigned>(count);
    if ((flags & SQLITE_SHM_LOCK) != 0) {
        for (unsigned i = first; i < end; ++i) {
            if (held_by_other(shared.index_owner.at(i), handle)) return SQLITE_BUSY;
            const int own = static_cast<int>(handle.index_shared >> i & 1U);
            const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
            if (exclusive && shared.index_sharers.at(i) > own) return SQLITE_BUSY;
        }
    }
    for (unsigned i = first; i < end; ++i) {
        const unsigned bit = 1U << i;
        if ((flags & SQLITE_SHM_SHARED) != 0) {
            const bool locks = (flags & SQLITE_SHM_LOCK) != 0;
            const bool has = (handle.index_shared & bit) != 0;
            if (locks == has) continue;
            shared.index_sharers.at(i) += locks ? 1 : -1;
            handle.index_shared ^= bit;
        } else if ((flags & SQLITE_SHM_LOCK) != 0) {
            shared.index_owner.at(i) = &handle;
            handle.index_owned |= bit;
        } else if ((handle.index_owned & bit) != 0) {
            shared.index_owner.at(i) = nullptr;
            handle.index_owned &= ~bit;
        }
    }
    return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    2,
    close_file,
    read_file,
    write_file,
    truncate_file,
    sync_file,
    [](sqlite3_file* f, sqlite3_int64* size) {
        *size = static_cast<sqlite3_int64>(ours(f)->file->bytes().size());
        return SQLITE_OK;
    },
    [](sqlite3_file* f, int level) { return lock_file(*ours(f), level); },
    [](sqlite3_file* f, int level) { return unlock_file(*ours(f), level); },
    [](sqlite3_file* f, int* out) {
        *out = ours(f)->shared->reserved_by != nullptr ? 1 : 0;
        return SQLITE_OK;
    },
    [](sqlite3_file* /*f*/, int /*op*/, void* /*arg*/) { return SQLITE_NOTFOUND; },
    [](sqlite3_file* /*f*/) { return 4096; },
    // As on every file system that we know of: a torn write damages no neighbour.
    [](sqlite3_file* /*f*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    map_index,
    lock_index,
    [](sqlite3_file* /*f*/) {},
    [](sqlite3_file* f, int /*remove*/) {
        leave_index(*ours(f));
        return SQLITE_OK;
    },
    nullptr,
    nullptr,
};

MemoryVfs& vfs_of(sqlite3_vfs* vfs) {
    return *static_cast<MemoryVfs*>(vfs->pAppData);
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    MemoryVfs& mine = vfs_of(vfs);
    file->pMethods = nullptr;
    const bool creates = name == nullptr || (flags & SQLITE_OPEN_CREATE) != 0;
    if (mine.disk().frozen()) return SQLITE_CANTOPEN;
    if (!creates && mine.disk().find(name) == nullptr) return SQLITE_CANTOPEN;
    auto* const handle = ::new (static_cast<void*>(file)) Handle{};
    handle->vfs = &mine;
    if (name == nullptr) {
        // A file without a name is gone with its process, whatever became of its bytes.
        handle->file = std::make_shared<DiskFile>();
        handle->file->lose_platter();
        handle->shared = std::make_shared<SharedFile>();
    } else {
        handle->file = mine.disk().open(name);
        handle->shared = mine.share(name);
        if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) handle->removed_at_close = name;
    }
    handle->base.pMethods = &kMethods;
    mine.count_handle(1);
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int full_name(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

}  // namespace

MemoryVfs::MemoryVfs(MemoryDisk& disk, Clock& clock)
    : disk_(disk),
      clock_(clock),
      name_("memory-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
    vfs_.iVersion = 2;
    vfs_.szOsFile = static_cast<int>(sizeof(Handle));
    vfs_.mxPathname = 512;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = open_file;
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int) {
        if (!vfs_of(vfs).disk().takes_writes()) return SQLITE_IOERR_DELETE;
        vfs_of(vfs).disk().remove(name);
        return SQLITE_OK;
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int, int* out) {
        *out = vfs_of(vfs).disk().find(name) != nullptr ? 1 : 0;
        return SQLITE_OK;
    };
    vfs_.xFullPathname = full_name;
    vfs_.xRandomness = [](sqlite3_vfs* vfs, int size, char* out) {
        for (int i = 0; i < size; ++i) out[i] = static_cast<char>(vfs_of(vfs).disk().dice().next());
        return size;
    };
    // Nobody else could do anything meanwhile: what is busy stays busy.
    vfs_.xSleep = [](sqlite3_vfs*, int microseconds) { return microseconds; };
    vfs_.xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
    vfs_.xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* out) {
        *out = vfs_of(vfs).clock().now().ms + kUnixEpochInJulianMs;
        return SQLITE_OK;
    };
    TOLLGATE_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
}

MemoryVfs::~MemoryVfs() {
    sqlite3_vfs_unregister(&vfs_);
}

std::shared_ptr<SharedFile> MemoryVfs::share(const std::string& file_name) {
    auto& known = shared_[file_name];
    auto shared = known.lock();
    if (shared == nullptr) known = shared = std::make_shared<SharedFile>();
    return shared;
}

}  // namespace tollgate::simulation
