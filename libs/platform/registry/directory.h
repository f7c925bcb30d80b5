#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::registry {

// An open directory. Everything is reached relative to it and no link is followed, so that nothing outside can be
// read or written, whatever was put into it. Names hold no '/'.
class Directory {
 public:
  // `path` is trusted; missing parents are made. UNAVAILABLE.
  static absl::StatusOr<Directory> OpenOrMake(const std::string& path);

  ~Directory();
  Directory(Directory&& other) noexcept;
  Directory& operator=(Directory&&) = delete;

  absl::StatusOr<Directory> Open(const std::string& name) const;  // NOT_FOUND
  absl::Status Make(const std::string& name) const;               // ALREADY_EXISTS
  std::vector<std::string> List() const;                          // sorted, without . and ..

  // A regular file of at most `max_bytes`. NOT_FOUND, or DATA_LOSS for anything else that has the name.
  absl::StatusOr<std::string> Read(const std::string& name, int64_t max_bytes) const;
  // Writes a new file and syncs it. RESOURCE_EXHAUSTED (DISK_FULL) when there is no room.
  absl::Status WriteSynced(const std::string& name, absl::string_view bytes) const;
  // Renames within this directory and syncs it. `replace` is for files; without it ALREADY_EXISTS when `to` exists.
  absl::Status Rename(const std::string& from, const std::string& to, bool replace) const;
  absl::Status Sync() const;
  // Removes a file, or a directory and the files in it; what does not exist is fine.
  void Remove(const std::string& name) const;
  // Seconds since the entry last changed; 0 when it does not exist.
  int64_t AgeSeconds(const std::string& name) const;

  // Holds an exclusive lock between processes for as long as it lives.
  class Lock {
   public:
    explicit Lock(const Directory& directory);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    int descriptor_;
  };

 private:
  explicit Directory(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace kontor::registry
