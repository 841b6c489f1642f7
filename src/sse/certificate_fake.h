// A key and a certificate signed by itself, for one test.

#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace wikiflow::sse {

class Certificate {
 public:
  // `name` as in a subjectAltName: "IP:127.0.0.1" or "DNS:localhost".
  explicit Certificate(const std::string& name);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  void use_in(SSL_CTX* context) const;
  const std::string& file() const { return file_; }  // PEM, removed with this object

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
  std::string file_;
};

}  // namespace wikiflow::sse
