#include "libs/platform/registry/registry.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "libs/base/hash.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/registry/directory.h"
#include "libs/platform/registry/manifest.h"

namespace kontor::registry {
namespace {

constexpr char kModelFile[] = "model.bin";
constexpr char kManifestFile[] = "MANIFEST";
constexpr char kAside[] = ".new-";
constexpr int64_t kMaxManifestBytes = 1 << 20;
constexpr int64_t kAbandonedSeconds = 3600;

std::string VersionFolder(int64_t version) { return absl::StrFormat("v%08d", version); }
std::string StageFile(absl::string_view stage) { return absl::StrCat("stage-", stage); }

// Newest first.
std::vector<int64_t> Versions(const Directory& model) {
  std::vector<int64_t> versions;
  for (const std::string& name : model.List()) {
    int64_t version = 0;
    if (name[0] == 'v' && absl::SimpleAtoi(name.substr(1), &version) && name == VersionFolder(version)) {
      versions.push_back(version);
    }
  }
  std::sort(versions.rbegin(), versions.rend());
  return versions;
}

// A name next to the final one that no other process or thread uses.
std::string NameAside() {
  static std::atomic<int64_t> counter{0};
  return absl::StrCat(kAside, getpid(), "-", absl::ToUnixNanos(absl::Now()), "-", counter.fetch_add(1));
}

absl::Status CheckMetadata(absl::string_view name, const ModelMetadata& metadata) {
  base::Violations violations;
  if (!IsName(name))
    violations.Add("name", "BAD_NAME", "must be 1 to 64 of a-z, 0-9, -, _ and ., first a letter or digit");
  for (const auto& [metric, value] : metadata.metrics) {
    if (!IsName(metric)) violations.Add("metrics", "BAD_NAME", absl::StrCat(metric, " is no name"));
    if (!std::isfinite(value)) violations.Add("metrics", "NOT_FINITE", absl::StrCat(metric, " is not finite"));
  }
  for (const std::string& parent : metadata.parents) {
    if (!base::CheckId(parent).ok()) violations.Add("parents", "BAD_NAME", "a parent is no id");
  }
  return violations.ToStatus();
}

absl::StatusOr<Directory> OpenModel(const std::string& root, absl::string_view name) {
  RETURN_IF_ERROR(CheckMetadata(name, {}));
  ASSIGN_OR_RETURN(const Directory directory, Directory::OpenOrMake(root));
  absl::StatusOr<Directory> model = directory.Open(std::string(name));
  if (absl::IsNotFound(model.status())) return absl::NotFoundError(absl::StrCat("there is no model ", name));
  return model;
}

absl::StatusOr<ModelInfo> ReadManifest(const Directory& folder, absl::string_view name, int64_t version) {
  ASSIGN_OR_RETURN(const std::string text, folder.Read(kManifestFile, kMaxManifestBytes));
  ASSIGN_OR_RETURN(ModelInfo info, ParseManifest(text));
  if (info.name == name && info.version == version) return info;
  return base::Error(absl::StatusCode::kDataLoss, "MODEL_CORRUPT", "the manifest is of another model or version");
}

absl::StatusOr<Model> ReadModel(const Directory& model, absl::string_view name, int64_t version, int64_t max_bytes) {
  ASSIGN_OR_RETURN(const Directory folder, model.Open(VersionFolder(version)));
  Model read;
  ASSIGN_OR_RETURN(read.info, ReadManifest(folder, name, version));
  ASSIGN_OR_RETURN(read.bytes, folder.Read(kModelFile, max_bytes));
  if (static_cast<int64_t>(read.bytes.size()) == read.info.bytes && base::Sha256Hex(read.bytes) == read.info.sha256) {
    return read;
  }
  return base::Error(absl::StatusCode::kDataLoss, "MODEL_CORRUPT",
                     absl::StrCat(name, " version ", version, " is damaged: its bytes do not fit its manifest"));
}

// The newest version of at most `from` that verifies.
absl::StatusOr<Model> NewestGood(const Directory& model, absl::string_view name, int64_t from, int64_t max_bytes,
                                 std::vector<int64_t>* skipped) {
  for (const int64_t version : Versions(model)) {
    if (version > from) continue;
    absl::StatusOr<Model> read = ReadModel(model, name, version, max_bytes);
    if (read.ok()) return read;
    if (skipped != nullptr) skipped->push_back(version);
  }
  return absl::NotFoundError(absl::StrCat("there is no good version of the model ", name));
}

// "version previous seal", or "version previous share seal" for a share below 1; sealed because one flipped bit of a
// number is a number.
std::string FormatStage(const StageHolder& holder) {
  std::string body = absl::StrCat(holder.version, " ", holder.previous, " ");
  if (holder.share < 1) absl::StrAppendFormat(&body, "%.17g ", holder.share);
  return absl::StrCat(body, base::Sha256Hex(body), "\n");
}

std::optional<StageHolder> ParseStage(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  StageHolder holder;
  if (parts.size() < 3 || parts.size() > 4 || !absl::SimpleAtoi(parts[0], &holder.version) ||
      !absl::SimpleAtoi(parts[1], &holder.previous) ||
      (parts.size() == 4 && !absl::SimpleAtod(parts[2], &holder.share)) || text != FormatStage(holder)) {
    return std::nullopt;
  }
  return holder;
}

absl::StatusOr<StageHolder> ReadStage(const Directory& model, absl::string_view stage) {
  RETURN_IF_ERROR(CheckMetadata(stage, {}));
  absl::StatusOr<std::string> text = model.Read(StageFile(stage), 200);
  if (absl::IsNotFound(text.status())) return absl::NotFoundError(absl::StrCat("no version has the stage ", stage));
  RETURN_IF_ERROR(text.status());
  const std::optional<StageHolder> parsed = ParseStage(*text);
  if (parsed) return *parsed;
  return base::Error(absl::StatusCode::kDataLoss, "MODEL_CORRUPT", absl::StrCat("the stage ", stage, " is damaged"));
}

absl::Status WriteStage(const Directory& model, absl::string_view name, const StageHolder& holder) {
  const std::string aside = NameAside();
  absl::Status status = model.WriteSynced(aside, FormatStage(holder));
  if (status.ok()) status = model.Rename(aside, StageFile(name), true);
  if (!status.ok()) model.Remove(aside);
  return status;
}

absl::Status WriteAside(const Directory& model, const std::string& aside, absl::string_view bytes,
                        const ModelInfo& info) {
  RETURN_IF_ERROR(model.Make(aside));
  ASSIGN_OR_RETURN(const Directory folder, model.Open(aside));
  RETURN_IF_ERROR(folder.WriteSynced(kModelFile, bytes));
  RETURN_IF_ERROR(folder.WriteSynced(kManifestFile, FormatManifest(info)));
  return folder.Sync();
}

}  // namespace

absl::StatusOr<Registry> Registry::Open(const Options& options, const base::Clock& clock) {
  RETURN_IF_ERROR(Directory::OpenOrMake(options.directory).status());
  return Registry(options, clock);
}

absl::StatusOr<int64_t> Registry::Publish(absl::string_view name, absl::string_view bytes,
                                          const ModelMetadata& metadata) {
  RETURN_IF_ERROR(CheckMetadata(name, metadata));
  if (static_cast<int64_t>(bytes.size()) > options_.max_model_bytes) {
    return base::Error(absl::StatusCode::kResourceExhausted, "MODEL_TOO_LARGE",
                       absl::StrCat("the model has ", bytes.size(), " bytes, more than ", options_.max_model_bytes));
  }
  ASSIGN_OR_RETURN(const Directory root, Directory::OpenOrMake(options_.directory));
  if (const absl::Status made = root.Make(std::string(name)); !made.ok() && !absl::IsAlreadyExists(made)) return made;
  RETURN_IF_ERROR(root.Sync());
  ASSIGN_OR_RETURN(const Directory model, root.Open(std::string(name)));

  const Directory::Lock lock(model);
  const std::vector<int64_t> versions = Versions(model);
  ModelInfo info{std::string(name), versions.empty() ? 1 : versions.front() + 1, base::Sha256Hex(bytes),
                 static_cast<int64_t>(bytes.size()), metadata};
  info.metadata.created = clock_->Now();
  const std::string aside = NameAside();
  absl::Status status = WriteAside(model, aside, bytes, info);
  if (status.ok()) status = model.Rename(aside, VersionFolder(info.version), false);
  if (status.ok()) return info.version;
  model.Remove(aside);
  return status;
}

absl::StatusOr<Model> Registry::Load(absl::string_view name, int64_t version) const {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  const std::vector<int64_t> versions = Versions(model);
  if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
    return absl::NotFoundError(absl::StrCat("the model ", name, " has no version ", version));
  }
  absl::StatusOr<Model> read = ReadModel(model, name, version, options_.max_model_bytes);
  if (!absl::IsNotFound(read.status())) return read;
  return base::Error(absl::StatusCode::kDataLoss, "MODEL_CORRUPT", std::string(read.status().message()));
}

absl::StatusOr<Model> Registry::LoadLatest(absl::string_view name, std::vector<int64_t>* skipped) const {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  return NewestGood(model, name, INT64_MAX, options_.max_model_bytes, skipped);
}

absl::StatusOr<Model> Registry::LoadStage(absl::string_view name, absl::string_view stage,
                                          std::vector<int64_t>* skipped) const {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  ASSIGN_OR_RETURN(const StageHolder holder, ReadStage(model, stage));
  return NewestGood(model, name, holder.version, options_.max_model_bytes, skipped);
}

absl::StatusOr<std::vector<ModelInfo>> Registry::List(absl::string_view name) const {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  std::vector<ModelInfo> list;
  for (const int64_t version : Versions(model)) {
    const absl::StatusOr<Directory> folder = model.Open(VersionFolder(version));
    if (!folder.ok()) continue;
    absl::StatusOr<ModelInfo> info = ReadManifest(*folder, name, version);
    if (info.ok()) list.push_back(*std::move(info));
  }
  return list;
}

absl::Status Registry::Promote(absl::string_view name, int64_t version, absl::string_view stage, double share) {
  RETURN_IF_ERROR(CheckMetadata(stage, {}));
  if (!(share > 0 && share <= 1)) return absl::InvalidArgumentError("a share is above 0 and at most 1");
  RETURN_IF_ERROR(Load(name, version).status());
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  const Directory::Lock lock(model);
  const absl::StatusOr<StageHolder> before = ReadStage(model, stage);
  if (!before.ok()) return WriteStage(model, stage, {version, 0, share});
  if (before->version != version) return WriteStage(model, stage, {version, before->version, share});
  if (before->share == share) return absl::OkStatus();
  return WriteStage(model, stage, {version, before->previous, share});
}

absl::StatusOr<int64_t> Registry::Rollback(absl::string_view name, absl::string_view stage) {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  const Directory::Lock lock(model);
  ASSIGN_OR_RETURN(const StageHolder holder, ReadStage(model, stage));
  if (holder.previous == 0) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "NO_PREVIOUS_VERSION",
                       absl::StrCat("nothing had the stage ", stage, " before version ", holder.version));
  }
  RETURN_IF_ERROR(ReadModel(model, name, holder.previous, options_.max_model_bytes).status());
  RETURN_IF_ERROR(WriteStage(model, stage, {holder.previous, 0, 1}));
  return holder.previous;
}

absl::Status Registry::ForgetPrevious(absl::string_view name, absl::string_view stage) {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  const Directory::Lock lock(model);
  ASSIGN_OR_RETURN(StageHolder holder, ReadStage(model, stage));
  holder.previous = 0;
  return WriteStage(model, stage, holder);
}

absl::Status Registry::Vacate(absl::string_view name, absl::string_view stage) {
  RETURN_IF_ERROR(CheckMetadata(stage, {}));
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  const Directory::Lock lock(model);
  model.Remove(StageFile(stage));
  return model.Sync();
}

absl::StatusOr<StageHolder> Registry::Holder(absl::string_view name, absl::string_view stage) const {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  return ReadStage(model, stage);
}

absl::StatusOr<int64_t> Registry::StageVersion(absl::string_view name, absl::string_view stage) const {
  ASSIGN_OR_RETURN(const StageHolder holder, Holder(name, stage));
  return holder.version;
}

absl::StatusOr<int> Registry::Prune(absl::string_view name, int keep) {
  ASSIGN_OR_RETURN(const Directory model, OpenModel(options_.directory, name));
  const Directory::Lock lock(model);
  std::set<int64_t> kept;
  for (const std::string& file : model.List()) {
    if (absl::StartsWith(file, kAside) && model.AgeSeconds(file) > kAbandonedSeconds) model.Remove(file);
    if (!absl::StartsWith(file, "stage-")) continue;
    ASSIGN_OR_RETURN(const StageHolder holder, ReadStage(model, file.substr(6)));
    kept.insert({holder.version, holder.previous});
  }
  const std::vector<int64_t> versions = Versions(model);
  int removed = 0;
  for (size_t i = static_cast<size_t>(std::max(keep, 1)); i < versions.size(); ++i) {
    if (kept.contains(versions[i])) continue;
    model.Remove(VersionFolder(versions[i]));
    ++removed;
  }
  return removed;
}

}  // namespace kontor::registry
