# Where TOLLGATE_BATCH says so (as ./run does), a target's sources are compiled a few at a time, which
# builds the whole in half the time: a name in an anonymous namespace is therefore unique in its room,
# and in a program of tests. The sources given behind the target are compiled alone.
function(tollgate_compile_in_batches target)
    if(TOLLGATE_BATCH GREATER 1)
        set_target_properties(${target} PROPERTIES
            UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${TOLLGATE_BATCH})
        if(ARGN)
            set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        endif()
    endif()
endfunction()

# tollgate_room(<room> SOURCES ... APART ... HEADERS ... KNOWS <rooms> LIBRARIES <third-party targets>)
#
# One static library a room; KNOWS names the rooms it may include and link. APART are compiled alone, for
# they share names on purpose (tables in the same words). All rooms share one include root, so the
# compiler alone cannot enforce that: tests/lint checks every #include.
function(tollgate_room room)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;APART;HEADERS;KNOWS;LIBRARIES")
    add_library(tollgate_${room} STATIC)
    add_library(tollgate::${room} ALIAS tollgate_${room})
    list(TRANSFORM ARG_KNOWS PREPEND tollgate::)
    target_sources(tollgate_${room}
        PRIVATE ${ARG_SOURCES} ${ARG_APART}
        PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${ARG_HEADERS})
    target_compile_features(tollgate_${room} PUBLIC cxx_std_20)
    target_link_libraries(tollgate_${room}
        PUBLIC ${ARG_KNOWS} ${ARG_LIBRARIES} PRIVATE tollgate_warnings)
    tollgate_compile_in_batches(tollgate_${room} ${ARG_APART})
endfunction()

add_library(tollgate_warnings INTERFACE)
target_compile_options(tollgate_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wcast-qual
    -Wnon-virtual-dtor -Woverloaded-virtual -Wdouble-promotion -Wformat=2 -Wundef -Wswitch-enum
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast>
    # A designated initialiser leaves the rest at their defaults on purpose.
    -Wno-missing-field-initializers
    # g++ 12 sees ghosts inside std::variant once it optimises.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    -Werror)
