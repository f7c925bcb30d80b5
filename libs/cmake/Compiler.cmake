# How every target is compiled: C++20, warnings are errors, x86-64-v3 as the floor, ccache and mold where present.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

set(KONTOR_SANITIZER "" CACHE STRING "address,undefined or thread; empty for none")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

add_compile_options(-march=x86-64-v3 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety -Wno-unknown-warning-option)
else()
  # g++ 12 reports false positives of these in inlined standard-library code.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
endif()
if(KONTOR_SANITIZER)
  add_compile_options(-fsanitize=${KONTOR_SANITIZER} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${KONTOR_SANITIZER})
  if(KONTOR_SANITIZER MATCHES undefined)
    # A null pointer ends the program anyway, and these two alone double the time that Eigen's templates take to compile.
    add_compile_options(-fno-sanitize=null,alignment)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

include_directories(${CMAKE_SOURCE_DIR})
