/** Who a post is for. A message to named people is a deed of its own kind. */
export type Audience = 'public' | 'unlisted' | 'followers'
