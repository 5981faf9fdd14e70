"""Replies that several experts rated: is a judge as good as one more expert?"""
