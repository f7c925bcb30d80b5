#include "libs/platform/registry/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::registry {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  const int value_;
};

absl::Status FromErrno(absl::string_view what, const std::string& name) {
  const int error = errno;
  const std::string sentence = absl::StrCat("cannot ", what, " ", name, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(sentence);
    case EEXIST:
    case ENOTEMPTY:
      return absl::AlreadyExistsError(sentence);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return base::Error(absl::StatusCode::kResourceExhausted, "DISK_FULL", sentence);
    case ELOOP:
    case ENOTDIR:
      return base::Error(absl::StatusCode::kDataLoss, "MODEL_CORRUPT", sentence);
    default:
      return absl::UnavailableError(sentence);
  }
}

bool WriteAll(int descriptor, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::StatusOr<Directory> Directory::OpenOrMake(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return absl::UnavailableError(absl::StrCat("cannot use ", path, ": ", std::strerror(errno)));
  return Directory(descriptor);
}

Directory::~Directory() {
  if (descriptor_ >= 0) close(descriptor_);
}

Directory::Directory(Directory&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

absl::StatusOr<Directory> Directory::Open(const std::string& name) const {
  const int descriptor = openat(descriptor_, name.c_str(), kDirectoryFlags);
  if (descriptor < 0) return FromErrno("open", name);
  return Directory(descriptor);
}

absl::Status Directory::Make(const std::string& name) const {
  return mkdirat(descriptor_, name.c_str(), 0755) == 0 ? absl::OkStatus() : FromErrno("make", name);
}

std::vector<std::string> Directory::List() const {
  std::vector<std::string> names;
  DIR* entries = fdopendir(openat(descriptor_, ".", kDirectoryFlags));
  if (entries == nullptr) return names;
  while (const dirent* entry = readdir(entries)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> Directory::Read(const std::string& name, int64_t max_bytes) const {
  // O_NONBLOCK: the opening of a pipe that was put there would wait for ever.
  const Descriptor file(openat(descriptor_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) return FromErrno("open", name);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return FromErrno("inspect", name);
  if (!S_ISREG(info.st_mode) || info.st_size > max_bytes) {
    return base::Error(absl::StatusCode::kDataLoss, "MODEL_CORRUPT",
                       absl::StrCat(name, " is no regular file of at most ", max_bytes, " bytes"));
  }
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FromErrno("read", name);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

absl::Status Directory::WriteSynced(const std::string& name, absl::string_view bytes) const {
  const Descriptor file(openat(descriptor_, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (file.get() < 0) return FromErrno("make", name);
  if (!WriteAll(file.get(), bytes) || fsync(file.get()) != 0) return FromErrno("write", name);
  return absl::OkStatus();
}

absl::Status Directory::Rename(const std::string& from, const std::string& to, bool replace) const {
  const unsigned flags = replace ? 0 : RENAME_NOREPLACE;
  if (renameat2(descriptor_, from.c_str(), descriptor_, to.c_str(), flags) != 0) return FromErrno("rename to", to);
  return Sync();
}

absl::Status Directory::Sync() const {
  return fsync(descriptor_) == 0 ? absl::OkStatus() : FromErrno("sync", "the directory");
}

void Directory::Remove(const std::string& name) const {
  if (unlinkat(descriptor_, name.c_str(), 0) == 0) return;
  {
    const absl::StatusOr<Directory> inner = Open(name);
    if (!inner.ok()) return;
    for (const std::string& file : inner->List()) unlinkat(inner->descriptor_, file.c_str(), 0);
  }
  unlinkat(descriptor_, name.c_str(), AT_REMOVEDIR);
}

int64_t Directory::AgeSeconds(const std::string& name) const {
  struct stat info {};
  if (fstatat(descriptor_, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  return std::time(nullptr) - info.st_mtim.tv_sec;
}

Directory::Lock::Lock(const Directory& directory) : descriptor_(openat(directory.descriptor_, ".", kDirectoryFlags)) {
  while (flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

Directory::Lock::~Lock() { close(descriptor_); }

}  // namespace kontor::registry
