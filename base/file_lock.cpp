#include "base/file_lock.h"

#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace tollgate {

Result<FileLock> FileLock::take(const std::string& file) {
    const std::string name = file + ".lock";
    FileLock lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.descriptor_ < 0) return Error(ErrorCode::unavailable, "cannot make " + name);
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
        return Error(ErrorCode::unavailable,
                     "another process has " + file + " open (it holds " + name + ")");
    }
    return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace tollgate
