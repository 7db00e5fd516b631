#pragma once

#include <string>

namespace tollgate::gateway::cli {

struct DoctorOptions {
    std::string config_file;
    std::string app_public_key_file;  // What the console shows; empty: nobody has looked.
    bool online = false;              // One signed query an app, which changes nothing.
};

// `tollgate doctor`: prints in English and Chinese what is wrong with a settings file and how to
// mend it. Gives the exit code: kConfig when there is an error, else kDone.
int doctor(const DoctorOptions& options);

}  // namespace tollgate::gateway::cli
