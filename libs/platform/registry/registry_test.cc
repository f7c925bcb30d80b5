#include "libs/platform/registry/registry.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/registry/manifest.h"

namespace kontor::registry {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class FixedClock : public base::Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMicros(1'700'000'000'123'456); }
};

class RegistryTest : public testing::Test {
 protected:
  RegistryTest()
      : directory_(
            fs::path(testing::TempDir()) /
            absl::StrCat("registry-", getpid(), "-", testing::UnitTest::GetInstance()->current_test_info()->name())),
        registry_(*Registry::Open({directory_.string(), 1 << 20}, clock_)) {}
  ~RegistryTest() override { fs::remove_all(directory_); }

  int64_t Publish(absl::string_view bytes) {
    const auto version = registry_.Publish("item-item", bytes, metadata_);
    EXPECT_TRUE(version.ok()) << version.status();
    return version.value_or(0);
  }
  fs::path File(int64_t version, const char* name) const {
    return directory_ / "item-item" / absl::StrCat("v0000000", version) / name;
  }
  static std::string ReadAll(const fs::path& path) {
    std::stringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  // Writes the same number of bytes in place.
  static void Patch(const fs::path& path, const std::string& bytes) {
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << bytes;
  }
  static void Overwrite(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::vector<std::string> Entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_ / "item-item")) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  FixedClock clock_;
  fs::path directory_;
  Registry registry_;
  ModelMetadata metadata_{{{"recall_at_10", 0.25}, {"ndcg_at_10", 1.0 / 3}}, {"item-item@1", "data:abc"}, {}};
};

TEST_F(RegistryTest, GivesBackWhatWasPublished) {
  const std::string bytes("model\0bytes", 11);
  EXPECT_EQ(Publish(bytes), 1);
  const auto model = registry_.LoadLatest("item-item");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->bytes, bytes);
  EXPECT_EQ(model->info.version, 1);
  EXPECT_EQ(model->info.bytes, 11);
  EXPECT_EQ(model->info.metadata.metrics, metadata_.metrics);
  EXPECT_EQ(model->info.metadata.parents, metadata_.parents);
  EXPECT_EQ(model->info.metadata.created, clock_.Now());
}

TEST_F(RegistryTest, NumbersVersionsAndListsThemNewestFirst) {
  EXPECT_EQ(Publish("a"), 1);
  EXPECT_EQ(Publish("b"), 2);
  EXPECT_EQ(Publish(""), 3);
  const auto list = registry_.List("item-item");
  ASSERT_TRUE(list.ok());
  std::vector<int64_t> versions;
  for (const ModelInfo& info : *list) versions.push_back(info.version);
  EXPECT_THAT(versions, ElementsAre(3, 2, 1));
  EXPECT_EQ(registry_.Load("item-item", 2)->bytes, "b");
  EXPECT_EQ(registry_.Load("item-item", 4).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(registry_.LoadLatest("nothing").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, TruncationAtEveryByteIsDetected) {
  Publish("good");
  Publish("the newest");
  for (const char* name : {"model.bin", "MANIFEST"}) {
    const std::string whole = ReadAll(File(2, name));
    ASSERT_GT(whole.size(), 5u);
    for (size_t size = whole.size(); size-- > 0;) {
      fs::resize_file(File(2, name), size);
      EXPECT_EQ(base::ErrorReason(registry_.Load("item-item", 2).status()), "MODEL_CORRUPT") << name << " " << size;
      std::vector<int64_t> skipped;
      const auto latest = registry_.LoadLatest("item-item", &skipped);
      ASSERT_TRUE(latest.ok());
      EXPECT_EQ(latest->bytes, "good");
      EXPECT_THAT(skipped, ElementsAre(2));
    }
    Overwrite(File(2, name), whole + "x");
    EXPECT_FALSE(registry_.Load("item-item", 2).ok());
    Overwrite(File(2, name), whole);
    EXPECT_TRUE(registry_.Load("item-item", 2).ok());
  }
}

TEST_F(RegistryTest, EveryFlippedBitIsDetected) {
  Publish("the only one");
  ASSERT_TRUE(registry_.Promote("item-item", 1, "serving").ok());
  for (const fs::path& path : {File(1, "model.bin"), File(1, "MANIFEST"), directory_ / "item-item" / "stage-serving"}) {
    const std::string whole = ReadAll(path);
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      Patch(path, flipped);
      EXPECT_FALSE(registry_.LoadStage("item-item", "serving").ok()) << path << " bit " << bit;
    }
    Patch(path, whole);
  }
  EXPECT_TRUE(registry_.LoadStage("item-item", "serving").ok());
}

TEST_F(RegistryTest, AMissingFileIsCorruptNotFatal) {
  Publish("good");
  Publish("bad");
  fs::remove(File(2, "model.bin"));
  EXPECT_EQ(base::ErrorReason(registry_.Load("item-item", 2).status()), "MODEL_CORRUPT");
  EXPECT_EQ(registry_.LoadLatest("item-item")->bytes, "good");
  EXPECT_EQ(Publish("next"), 3);
}

TEST_F(RegistryTest, HostileNamesAreRefused) {
  for (const char* name : {"", "..", ".", "../x", "a/b", "/etc/passwd", "A", "a b", "-x", ".hidden", "a\nb", "ä",
                           "a23456789012345678901234567890123456789012345678901234567890123456789"}) {
    EXPECT_EQ(registry_.Publish(name, "x", {}).status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(registry_.LoadLatest(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(registry_.List(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(registry_.Promote("item-item", 1, name).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(registry_.Publish(absl::string_view("a\0b", 3), "x", {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(RegistryTest, LinksAndPipesAreNotFollowed) {
  Publish("good");
  const fs::path outside = directory_ / "outside";
  Overwrite(outside, "secret");
  Publish("two");
  fs::remove(File(2, "model.bin"));
  fs::create_symlink(outside, File(2, "model.bin"));
  EXPECT_EQ(registry_.Load("item-item", 2).status().code(), absl::StatusCode::kDataLoss);
  fs::remove(File(2, "model.bin"));
  ASSERT_EQ(mkfifo(File(2, "model.bin").c_str(), 0600), 0);
  EXPECT_EQ(registry_.Load("item-item", 2).status().code(), absl::StatusCode::kDataLoss);
  // A whole version, and a whole model, that lead elsewhere.
  fs::create_directory_symlink(directory_ / "item-item" / "v00000001", directory_ / "item-item" / "v00000003");
  EXPECT_EQ(registry_.LoadLatest("item-item")->info.version, 1);
  fs::create_directory_symlink(directory_ / "item-item", directory_ / "alias");
  EXPECT_FALSE(registry_.LoadLatest("alias").ok());
  EXPECT_FALSE(registry_.Publish("alias", "x", {}).ok());
}

TEST_F(RegistryTest, TooLargeIsNeitherPublishedNorLoaded) {
  const absl::Status status = registry_.Publish("item-item", std::string((1 << 20) + 1, 'x'), {}).status();
  EXPECT_EQ(base::ErrorReason(status), "MODEL_TOO_LARGE");
  Publish("good");
  Publish("two");
  fs::resize_file(File(2, "model.bin"), 1ull << 40);  // sparse: it would not fit into memory
  EXPECT_EQ(registry_.LoadLatest("item-item")->bytes, "good");
}

TEST_F(RegistryTest, RefusesMetricsThatAreNotFinite) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(registry_.Publish("item-item", "x", {{{"recall", value}}, {}, {}}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(registry_.Publish("item-item", "x", {{}, {"two\nlines"}, {}}).ok());
}

TEST_F(RegistryTest, StagesArePromotedAndRolledBack) {
  Publish("one");
  Publish("two");
  EXPECT_EQ(registry_.StageVersion("item-item", "serving").status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(registry_.Promote("item-item", 1, "serving").ok());
  EXPECT_EQ(base::ErrorReason(registry_.Rollback("item-item", "serving").status()), "NO_PREVIOUS_VERSION");
  ASSERT_TRUE(registry_.Promote("item-item", 2, "serving").ok());
  ASSERT_TRUE(registry_.Promote("item-item", 2, "serving").ok());  // again: nothing changes
  EXPECT_EQ(*registry_.StageVersion("item-item", "serving"), 2);
  EXPECT_EQ(registry_.LoadStage("item-item", "serving")->bytes, "two");
  EXPECT_EQ(*registry_.Rollback("item-item", "serving"), 1);
  EXPECT_EQ(registry_.LoadStage("item-item", "serving")->bytes, "one");
  EXPECT_EQ(registry_.Promote("item-item", 9, "serving").code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, TheHolderBeforeCanBeForgotten) {
  ASSERT_TRUE(registry_.Publish("item-item", "one", {}).ok());
  ASSERT_TRUE(registry_.Publish("item-item", "two", {}).ok());
  ASSERT_TRUE(registry_.Promote("item-item", 1, "serving").ok());
  ASSERT_TRUE(registry_.Promote("item-item", 2, "serving").ok());
  EXPECT_EQ(*registry_.Prune("item-item", 1), 0);
  ASSERT_TRUE(registry_.ForgetPrevious("item-item", "serving").ok());
  EXPECT_EQ(*registry_.StageVersion("item-item", "serving"), 2);
  EXPECT_EQ(base::ErrorReason(registry_.Rollback("item-item", "serving").status()), "NO_PREVIOUS_VERSION");
  EXPECT_EQ(*registry_.Prune("item-item", 1), 1);
  EXPECT_EQ(registry_.Load("item-item", 1).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, AStageKeepsItsShare) {
  Publish("one");
  Publish("two");
  ASSERT_TRUE(registry_.Promote("item-item", 1, "canary", 0.1).ok());
  EXPECT_EQ(registry_.Holder("item-item", "canary")->version, 1);
  EXPECT_EQ(registry_.Holder("item-item", "canary")->share, 0.1);
  ASSERT_TRUE(registry_.Promote("item-item", 2, "canary", 1.0 / 3).ok());
  ASSERT_TRUE(registry_.Promote("item-item", 2, "canary", 2.0 / 3).ok());  // the same with more: before it was 1 still
  const auto other = Registry::Open({directory_}, clock_);
  const auto holder = other->Holder("item-item", "canary");
  EXPECT_EQ(holder->version, 2);
  EXPECT_EQ(holder->previous, 1);
  EXPECT_EQ(holder->share, 2.0 / 3);
  for (const double share : {0.0, -0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(registry_.Promote("item-item", 1, "canary", share).code(), absl::StatusCode::kInvalidArgument);
  }
  ASSERT_TRUE(registry_.Vacate("item-item", "canary").ok());
  ASSERT_TRUE(registry_.Vacate("item-item", "canary").ok());  // again: fine
  EXPECT_EQ(registry_.Holder("item-item", "canary").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, AStageFileFromBeforeSharesLoads) {
  Publish("one");
  Overwrite(directory_ / "item-item" / "stage-serving", absl::StrCat("1 0 ", base::Sha256Hex("1 0 "), "\n"));
  EXPECT_EQ(registry_.Holder("item-item", "serving")->version, 1);
  EXPECT_EQ(registry_.Holder("item-item", "serving")->share, 1);
}

TEST_F(RegistryTest, ACorruptHolderOfAStageFallsBackToAnOlderVersion) {
  Publish("one");
  Publish("two");
  Publish("three");
  ASSERT_TRUE(registry_.Promote("item-item", 2, "serving").ok());
  Overwrite(File(2, "model.bin"), "twa");
  std::vector<int64_t> skipped;
  EXPECT_EQ(registry_.LoadStage("item-item", "serving", &skipped)->bytes, "one");
  EXPECT_THAT(skipped, ElementsAre(2));
  EXPECT_EQ(base::ErrorReason(registry_.Promote("item-item", 2, "shadow")), "MODEL_CORRUPT");
}

TEST_F(RegistryTest, PruneKeepsTheNewestAndTheStages) {
  for (int i = 0; i < 6; ++i) Publish("x");
  ASSERT_TRUE(registry_.Promote("item-item", 1, "serving").ok());
  ASSERT_TRUE(registry_.Promote("item-item", 2, "serving").ok());
  EXPECT_EQ(*registry_.Prune("item-item", 2), 2);
  const auto listed = registry_.List("item-item");
  std::vector<int64_t> versions;
  for (const ModelInfo& info : *listed) versions.push_back(info.version);
  EXPECT_THAT(versions, ElementsAre(6, 5, 2, 1));
  EXPECT_EQ(Publish("x"), 7);
}

TEST_F(RegistryTest, AFullDiskLeavesNothingBehind) {
  Publish("good");
  const auto before = Entries();
  // A limit on the size of files stands in for the full disk: both fail in the middle of a write.
  signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{1000, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = registry_.Publish("item-item", std::string(5000, 'x'), metadata_).status();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(base::ErrorReason(status), "DISK_FULL");
  EXPECT_THAT(Entries(), testing::UnorderedElementsAreArray(before));
  EXPECT_EQ(Publish("next"), 2);
}

TEST_F(RegistryTest, ParallelPublishersGetVersionsOfTheirOwn) {
  std::vector<std::thread> publishers;
  for (int t = 0; t < 4; ++t) {
    publishers.emplace_back([this, t] {
      Registry own = *Registry::Open({directory_.string()}, clock_);
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(own.Publish("item-item", absl::StrCat(t, "/", i), {}).ok());
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  const auto list = registry_.List("item-item");
  ASSERT_EQ(list->size(), 20u);
  EXPECT_EQ(list->front().version, 20);
}

}  // namespace
}  // namespace kontor::registry
