#pragma once

namespace tollgate::simulation {

// Gives SQLite memory from a pool of small pieces, which `new` and `delete` of a program that has
// this file use as well: a simulation does little else than to take memory and to give it back. Of
// programs with one thread only. Before SQLite is first used.
void use_pool();

}  // namespace tollgate::simulation
