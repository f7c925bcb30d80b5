#include "libs/domain/search/remembered_texts.h"

#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"

namespace kontor::search {
namespace {

// A text's length and its first byte; counts the texts.
class Lengths : public TextEncoder {
 public:
  size_t dimensions() const override { return 2; }
  absl::Status Encode(absl::Span<const TextToEncode> texts, absl::Span<float> out) const override {
    if (fail) return absl::InternalError("no");
    for (size_t i = 0; i < texts.size(); ++i) {
      out[2 * i] = static_cast<float>(texts[i].text.size());
      out[2 * i + 1] = static_cast<float>(texts[i].text[0]);
    }
    encoded += texts.size();
    return absl::OkStatus();
  }
  mutable std::atomic<size_t> encoded{0};
  bool fail = false;
};

TEST(RememberedTextsTest, EncodesATextOnce) {
  const auto plain = std::make_shared<Lengths>();
  const RememberedTexts texts(plain, 1'000);
  std::vector<float> out(6);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(texts.Encode({{"red"}, {"green", {}}, {"blue"}}, absl::MakeSpan(out)).ok());
    EXPECT_EQ(out, std::vector<float>({3, 'r', 5, 'g', 4, 'b'}));
  }
  EXPECT_EQ(plain->encoded, 3u);
  EXPECT_EQ(texts.hits(), 6u);
  EXPECT_EQ(texts.misses(), 3u);
  ASSERT_TRUE(texts.Encode({{"blue"}, {"yellow"}, {"red"}}, absl::MakeSpan(out)).ok());
  EXPECT_EQ(out, std::vector<float>({4, 'b', 6, 'y', 3, 'r'}));
  EXPECT_EQ(plain->encoded, 4u);
}

TEST(RememberedTextsTest, ForgetsWhatWasAskedForLongAgo) {
  const auto plain = std::make_shared<Lengths>();
  const RememberedTexts texts(plain, 16);  // one in each part
  std::vector<float> out(2);
  for (int i = 0; i < 500; ++i) {
    const std::string text = absl::StrCat("text ", i);
    ASSERT_TRUE(texts.Encode({{text}}, absl::MakeSpan(out)).ok());
    ASSERT_TRUE(texts.Encode({{text}}, absl::MakeSpan(out)).ok());
    EXPECT_EQ(out[0], static_cast<float>(text.size()));
  }
  EXPECT_EQ(plain->encoded, 500u);
  ASSERT_TRUE(texts.Encode({{"text 3"}}, absl::MakeSpan(out)).ok());
  EXPECT_EQ(plain->encoded, 501u);
}

TEST(RememberedTextsTest, DoesNotRememberFailures) {
  const auto plain = std::make_shared<Lengths>();
  const RememberedTexts texts(plain, 100);
  std::vector<float> out(2);
  plain->fail = true;
  EXPECT_EQ(texts.Encode({{"red"}}, absl::MakeSpan(out)).code(), absl::StatusCode::kInternal);
  plain->fail = false;
  EXPECT_TRUE(texts.Encode({{"red"}}, absl::MakeSpan(out)).ok());
  EXPECT_EQ(out[0], 3);
  EXPECT_EQ(texts.Encode({{"red"}}, {}).code(), absl::StatusCode::kInvalidArgument);
}

TEST(RememberedTextsTest, ManyAskAtOnce) {
  const auto plain = std::make_shared<Lengths>();
  const RememberedTexts texts(plain, 40);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    threads.emplace_back([&, seed] {
      base::Random random(seed);
      std::vector<float> out(2);
      for (int i = 0; i < 3'000; ++i) {
        const std::string text(1 + random.Below(100), 'x');
        wrong += !texts.Encode({{text}}, absl::MakeSpan(out)).ok() || out[0] != static_cast<float>(text.size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace kontor::search
