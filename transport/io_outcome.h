#pragma once

#include <cstddef>

namespace tollgate::transport {

// What one non-blocking read, write or handshake came to.
enum class Io {
    done,      // Something moved.
    blocked,   // Nothing more moves until the socket is ready.
    finished,  // Reading only: the peer will send no more.
    broken,    // The connection is of no further use.
};

// What a blocked connection needs of its socket. Under TLS a read may have to write first, and a
// write to read.
enum class Readiness { input, output };

struct IoOutcome {
    Io io = Io::done;
    // Moved by this call; also beside `blocked` and `finished`, which then tell what comes next.
    std::size_t bytes = 0;
    Readiness needs = Readiness::input;  // When blocked.
};

}  // namespace tollgate::transport
