#include "libs/domain/nn/sentence_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>

#include "libs/base/random.h"

namespace kontor::nn {
namespace {

std::string FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

class SentenceEncoderTest : public testing::Test {
 protected:
  void SetUp() override {
    static const std::string folder = "var/models/all-minilm-l6-v2/";
    static const std::string& weights = *new std::string(FileBytes(folder + "model.safetensors"));
    static const std::string& vocabulary = *new std::string(FileBytes(folder + "vocab.txt"));
    if (weights.empty() || vocabulary.empty()) GTEST_SKIP() << folder << " is not there; ./kontor setup fetches it";
    static const auto& encoder = *new auto(SentenceEncoder::Create(weights, vocabulary));
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    weights_ = weights;
    vocabulary_ = vocabulary;
    encoder_ = encoder->get();
  }

  std::vector<float> Encode(const std::vector<absl::string_view>& texts) {
    std::vector<float> out(texts.size() * SentenceEncoder::kDimensions);
    EXPECT_TRUE(encoder_->Encode(texts, absl::MakeSpan(out)).ok());
    return out;
  }

  absl::string_view weights_, vocabulary_;
  const SentenceEncoder* encoder_ = nullptr;
};

// The vectors of the original model in PyTorch, float32: the first eight numbers and the sum.
TEST_F(SentenceEncoderTest, GivesTheVectorsOfTheOriginal) {
  const std::vector<float> vectors = Encode({"This is an example sentence", "angle bracket"});
  const float first[] = {.0676569F, .0634960F, .0487131F, .0793050F, .0374481F, .0026528F, .0393749F, -.0070985F};
  const float second[] = {-.0698511F, .1302245F, -.0662115F, -.0904506F, -.0621437F, .0270576F, .0224588F, .0316109F};
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_NEAR(vectors[i], first[i], 1e-5) << i;
    EXPECT_NEAR(vectors[384 + i], second[i], 1e-5) << i;
  }
  EXPECT_NEAR(std::accumulate(vectors.begin(), vectors.begin() + 384, 0.0), .271751, 1e-5);
  EXPECT_NEAR(std::accumulate(vectors.begin() + 384, vectors.end(), 0.0), .345115, 1e-5);
  EXPECT_NEAR(std::inner_product(vectors.begin(), vectors.begin() + 384, vectors.begin() + 384, 0.0), .0965072, 1e-5);
  const std::vector<float> odd = Encode({"12-Gauge café naïve ½ in. 3/4\" ™ shower-head"});
  const float third[] = {-.0002117F, .0689603F, .0057374F, -.0007238F};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(odd[i], third[i], 1e-5) << i;
}

TEST_F(SentenceEncoderTest, TextsDoNotSeeEachOther) {
  base::Random random(3);
  std::vector<std::string> texts = {"", "angle bracket", std::string(5'000, 'a'), "\xff\xfe"};
  for (int i = 0; i < 60; ++i) {
    std::string& text = texts.emplace_back();
    for (uint64_t words = 1 + random.Below(i == 7 ? 400 : 12); words > 0; --words) {
      for (uint64_t letters = 1 + random.Below(7); letters > 0; --letters) {
        text.push_back(static_cast<char>('a' + random.Below(26)));
      }
      text.push_back(' ');
    }
  }
  const std::vector<float> together = Encode({texts.begin(), texts.end()});
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float> alone = Encode({texts[i]});
    double length = 0;
    for (size_t d = 0; d < 384; ++d) {
      ASSERT_NEAR(alone[d], together[i * 384 + d], 2e-6) << i;
      length += alone[d] * alone[d];
    }
    ASSERT_NEAR(length, 1, 1e-5);
  }
}

TEST_F(SentenceEncoderTest, KernelsAgree) {
  if (!Runs(ProductKernel::kAvx512)) GTEST_SKIP() << "this processor has no AVX-512";
  std::vector<float> portable(384), wide(384);
  ASSERT_TRUE(encoder_->Encode({"galvanized wood screw"}, absl::MakeSpan(portable), ProductKernel::kPortable).ok());
  ASSERT_TRUE(encoder_->Encode({"galvanized wood screw"}, absl::MakeSpan(wide), ProductKernel::kAvx512).ok());
  for (size_t i = 0; i < 384; ++i) ASSERT_NEAR(portable[i], wide[i], 2e-6);
}

TEST_F(SentenceEncoderTest, RefusesWhatIsNotItsModel) {
  const auto code = [&](absl::string_view weights, absl::string_view vocabulary) {
    return SentenceEncoder::Create(weights, vocabulary).status().code();
  };
  EXPECT_EQ(code(weights_.substr(0, weights_.size() - 1), vocabulary_), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(weights_.substr(0, 1'000), vocabulary_), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(weights_, "[UNK]\n[CLS]\n[SEP]\n"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(weights_, ""), absl::StatusCode::kInvalidArgument);
  std::vector<float> small(10);
  EXPECT_EQ(encoder_->Encode({"x"}, absl::MakeSpan(small)).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::nn
